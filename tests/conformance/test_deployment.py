"""What `cdk deploy` needs of CloudFormation, as AWS documents it."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from local_aws.ministack.provisioning import STUBBED_TYPE
from tests.support.conformance.functions import eventually
from tests.support.conformance.servers import LocalAws


def test_a_type_that_nothing_depends_on_is_created_and_deleted(local_aws: LocalAws) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-guide.html"""
    cloudformation = local_aws.client("cloudformation")
    template = {"Resources": {"Stub": {"Type": STUBBED_TYPE}}}
    cloudformation.create_stack(StackName="stubs", TemplateBody=json.dumps(template))

    def status() -> str:
        return str(cloudformation.describe_stacks(StackName="stubs")["Stacks"][0]["StackStatus"])

    assert (
        eventually(status, lambda resources: not resources.endswith("IN_PROGRESS"))
        == "CREATE_COMPLETE"
    )
    resources = cloudformation.describe_stack_resources(StackName="stubs")["StackResources"]
    assert [resource["ResourceType"] for resource in resources] == [STUBBED_TYPE]
    cloudformation.delete_stack(StackName="stubs")

    def gone() -> bool:
        try:
            return status() == "DELETE_COMPLETE"
        except ClientError:
            return True

    assert eventually(gone, bool)
