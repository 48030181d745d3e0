"""What `cdk deploy` needs: missing images that ECR names, and a stub for budgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching

responses = patching.module("core.responses")
registry = patching.module("services.ecr")

# Nothing in a run depends on it. CloudFormation accepts and records it.
STUBBED_TYPE = "AWS::Budgets::Budget"


def patch() -> None:
    """Apply this module's replacements; a type that MiniStack learns keeps MiniStack's handler."""
    patching.replace(registry, "_describe_images", _strict)
    handlers = patching.module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    stub = {"create": _create, "update": _update, "update_with_logical_id": True, "delete": _delete}
    handlers.setdefault(STUBBED_TYPE, stub)


def _strict(describe_images: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Answer ImageNotFoundException for an image id that is not there.

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


def _create(logical_id: str, _props: Any, stack_name: str) -> tuple[str, dict[str, str]]:
    region, account = responses.get_region(), responses.get_account_id()
    name = f"{stack_name}-{logical_id}"
    return name, {"Arn": f"arn:aws:local-stub:{region}:{account}:{name}"}


def _update(
    physical_id: str, _old: Any, _new: Any, stack_name: str, logical_id: str
) -> tuple[str, dict[str, str]]:
    return physical_id, _create(logical_id, None, stack_name)[1]


def _delete(_physical_id: str, _props: Any) -> None:
    return None
