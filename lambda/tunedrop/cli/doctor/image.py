"""The training image: there, of a type that SageMaker takes, and scanned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of
from tunedrop.cli.doctor.deployed import Deployed
from tunedrop.cli.doctor.findings import Finding, ok, unknown, wrong

# "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tunedrop/training:1", or @sha256:...
_IMAGE = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.[\w.]+/(?P<repository>[^:@]+)"
    r"(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
_MISSING = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})
_AGAIN = "Push it again: make deploy, or for an image of yours docs/training-container.md"


def media_type(deployed: Deployed) -> Iterator[Finding]:
    """Check that the image is there, and that its manifest is Docker's."""
    uri = deployed.jobs.training_image
    try:
        image = _image(deployed, uri)
    except ClientError as error:
        if code_of(error) not in _MISSING:
            raise
        yield wrong(f"{uri} is not there", _AGAIN)
        return
    if image is None:
        yield unknown(f"{uri} is not in ECR")
    elif (found := image.get("imageManifestMediaType", "")) == _DOCKER:
        yield ok("is there, with a Docker v2 manifest")
    elif not found:
        yield unknown("is there; ECR does not say of which media type")
    else:
        yield wrong(f"has a manifest of type {found}, which SageMaker may not take", _AGAIN)


def scanning(deployed: Deployed) -> Iterator[Finding]:
    """Check that images are scanned when they are pushed."""
    uri = deployed.jobs.training_image
    image = _image(deployed, uri)
    match = _IMAGE.fullmatch(uri)
    if image is None or match is None:
        return
    where = {"registryId": match["registry"], "repositoryNames": [match["repository"]]}
    (repository,) = _ecr(deployed, uri).describe_repositories(**where)["repositories"]
    on_push = repository.get("imageScanningConfiguration", {}).get("scanOnPush", False)
    # Inspector scans by a setting of the registry, which the repository does not show.
    if on_push or image.get("imageScanStatus", {}).get("status") in ("ACTIVE", "COMPLETE"):
        counts = image.get("imageScanFindingsSummary", {}).get("findingSeverityCounts", {})
        yield ok(f"is scanned: {counts.get('CRITICAL', 0)} critical findings")
        return
    name = match["repository"]
    command = (
        f"aws ecr put-image-scanning-configuration --repository-name {name} "
        "--image-scanning-configuration scanOnPush=true"
    )
    yield wrong(f"the repository {name} does not scan images", f"Switch it on: {command}")


def _image(deployed: Deployed, uri: str) -> dict[str, Any] | None:
    match = _IMAGE.fullmatch(uri)
    if match is None:
        return None
    image = {"imageDigest": match["digest"]} if match["digest"] else {"imageTag": match["tag"]}
    answer = _ecr(deployed, uri).describe_images(
        registryId=match["registry"], repositoryName=match["repository"], imageIds=[image]
    )
    found: dict[str, Any] = answer["imageDetails"][0]
    return found


def _ecr(deployed: Deployed, uri: str) -> Any:
    match = _IMAGE.fullmatch(uri)
    return deployed.client("ecr", match["region"] if match else None)
