"""Corrections for `cdk deploy` and `tunedrop doctor`: every image is in ECR; a stub for budgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.ministack import patching

responses = patching.module("core.responses")
registry = patching.module("services.ecr")

# No resource refers to a budget. CloudFormation records it, as it does the CDK's metadata.
STUBBED_TYPE = "AWS::Budgets::Budget"

_IMAGE = {"imageManifestMediaType": "application/vnd.docker.distribution.manifest.v2+json"}


def patch() -> None:
    """Apply this module's replacements; a type that MiniStack learns keeps MiniStack's handler."""
    patching.replace(registry, "_describe_images", _have_every_image)
    handlers = patching.module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    handlers.setdefault(STUBBED_TYPE, handlers["AWS::CDK::Metadata"])


def _have_every_image(_describe_images: Any) -> Callable[[dict[str, Any]], Any]:
    """Have every image that is asked for: no image is pulled here, and the CDK builds none."""
    return lambda data: responses.json_response(
        {"imageDetails": [_IMAGE for _ in data.get("imageIds") or ()]}
    )
