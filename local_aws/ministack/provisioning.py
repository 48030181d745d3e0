"""A correction for `cdk deploy`: a stub for budgets."""

from __future__ import annotations

from local_aws.ministack import patching

# No resource refers to a budget. CloudFormation records it, as it does the CDK's metadata.
STUBBED_TYPE = "AWS::Budgets::Budget"


def patch() -> None:
    """Apply this module's replacement; a type that MiniStack learns keeps MiniStack's handler."""
    handlers = patching.module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    handlers.setdefault(STUBBED_TYPE, handlers["AWS::CDK::Metadata"])
