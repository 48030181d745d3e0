"""ECR says that an image is missing, so that the CDK CLI pushes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching


def _strict(describe_images: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Answer ImageNotFoundException for an image id that is not there.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
    """
    registry = patching.module("services.ecr")
    responses = patching.module("core.responses")

    def describe(data: dict[str, Any]) -> Any:
        repository = data.get("repositoryName", "")
        for image_id in data.get("imageIds") or []:
            if repository in registry._repositories and not registry._find_image(
                repository, image_id
            ):
                return responses.error_response_json(
                    "ImageNotFoundException",
                    f"The image with imageId {image_id} does not exist within the repository "
                    f"with name '{repository}'",
                    400,
                )
        return describe_images(data)

    return describe


def mend() -> None:
    """Apply this module's replacement."""
    patching.replace(patching.module("services.ecr"), "_describe_images", _strict)
