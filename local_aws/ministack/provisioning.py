"""Corrections for `cdk deploy`: errors for missing images in ECR, and a stub for budgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching

responses = patching.module("core.responses")
registry = patching.module("services.ecr")

# No resource refers to a budget. CloudFormation records it, as it does the CDK's metadata.
STUBBED_TYPE = "AWS::Budgets::Budget"


def patch() -> None:
    """Apply this module's replacements; a type that MiniStack learns keeps MiniStack's handler."""
    patching.replace(registry, "_describe_images", _require_images)
    handlers = patching.module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    handlers.setdefault(STUBBED_TYPE, handlers["AWS::CDK::Metadata"])


def _require_images(describe_images: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Answer ImageNotFoundException for a missing image.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
    """

    def describe(data: dict[str, Any]) -> Any:
        repository = data.get("repositoryName", "")
        image_ids = (data.get("imageIds") or []) if repository in registry._repositories else []
        for image_id in image_ids:
            if not registry._find_image(repository, image_id):
                message = f"The image {image_id} does not exist in the repository {repository}."
                return responses.error_response_json("ImageNotFoundException", message, 400)
        return describe_images(data)

    return describe
