"""What `cdk deploy` needs of ECR and CloudFormation, as AWS documents them."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from local_aws import cdk_docker, environment
from local_aws.ministack.provisioning import STUBBED_TYPE
from tests.support.conformance.functions import eventually
from tests.support.conformance.servers import LocalAws


def test_a_missing_image_is_an_error_by_its_name(local_aws: LocalAws) -> None:
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html"""
    ecr = local_aws.client("ecr")
    ecr.create_repository(repositoryName="empty")
    with pytest.raises(ecr.exceptions.ImageNotFoundException):
        ecr.describe_images(repositoryName="empty", imageIds=[{"imageTag": "latest"}])
    assert ecr.describe_images(repositoryName="empty")["imageDetails"] == []


def test_a_pushed_image_has_a_digest_and_the_manifest_that_docker_writes(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html"""
    for name, value in environment.client_variables(local_aws.server.port).items():
        monkeypatch.setenv(name, value)
    ecr = local_aws.client("ecr")
    uri = ecr.create_repository(repositoryName="assets")["repository"]["repositoryUri"]
    for tag in ("first", "second", "first"):
        assert cdk_docker.main(["push", f"{uri}:{tag}"]) == 0
    digests = set()
    for tag in ("first", "second"):
        [image] = ecr.describe_images(repositoryName="assets", imageIds=[{"imageTag": tag}])[
            "imageDetails"
        ]
        assert image["imageTags"] == [tag]
        assert image["imageManifestMediaType"] == cdk_docker.MANIFEST
        assert image["imageDigest"].startswith("sha256:")
        digests.add(image["imageDigest"])
    assert len(digests) == 2


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
