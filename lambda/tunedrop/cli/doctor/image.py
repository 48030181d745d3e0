"""The training image: there, and of a type that SageMaker takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of
from tunedrop.cli.doctor.findings import Finding, ok, unknown, wrong
from tunedrop.cli.stack import Stack

# "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tunedrop/training:1", or @sha256:...
_IMAGE = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.[\w.]+/(?P<repository>[^:@]+)"
    r"(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
_MISSING = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})
_AGAIN = "Push it again: make deploy, or for an image of yours docs/training-container.md"


def media_type(stack: Stack) -> Iterator[Finding]:
    """Check that the image is there, and that its manifest is Docker's."""
    uri = stack.planning.training_image
    match = _IMAGE.fullmatch(uri)
    if match is None:
        yield unknown(f"{uri} is not in ECR")
        return
    image = {"imageDigest": match["digest"]} if match["digest"] else {"imageTag": match["tag"]}
    try:
        answer = stack.client("ecr", match["region"]).describe_images(
            registryId=match["registry"], repositoryName=match["repository"], imageIds=[image]
        )
    except ClientError as error:
        if code_of(error) not in _MISSING:
            raise
        yield wrong(f"{uri} is not there", _AGAIN)
        return
    found = answer["imageDetails"][0].get("imageManifestMediaType", "unknown")
    if found == _DOCKER:
        yield ok("is there, with a Docker v2 manifest")
    else:
        yield wrong(f"has a manifest of type {found}, which SageMaker may not take", _AGAIN)
