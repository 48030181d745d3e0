"""Whether the stack can run the image of the setting `training_image`, in jobs and as PlanRun."""

from __future__ import annotations

import json
import urllib.request
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

from cdk_app.context import SettingsError
from cdk_app.settings import TRAINING_IMAGE
from tunedrop import __version__
from tunedrop.cli.key_policy import each, services_of

# What Lambda needs of the repository.
# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#configuration-images-permissions
PULL_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
LAMBDA = "lambda.amazonaws.com"
# The Dockerfile's, with the release of PlanRun's code in the image.
RELEASE_LABEL = "org.opencontainers.image.version"

_MANIFESTS = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
]
_PAGE = "docs/deploying.md#an-image-of-your-own"


def check_image(uri: str, ecr: Any) -> str:
    """Check an image's region, its release and its repository's policy; return the finding.

    Raises
    ------
    SettingsError
        If the image cannot be PlanRun of this release.
    ClientError
        If the credentials may not read the repository.
    """
    match = TRAINING_IMAGE.fullmatch(uri)
    assert match is not None
    if match["region"] != ecr.meta.region_name:
        raise SettingsError(
            f"training_image: {uri} is in {match['region']}, and you deploy to "
            f"{ecr.meta.region_name}. Lambda and SageMaker pull images of their own region only: "
            "push it there."
        )
    repository = {"registryId": match["account"], "repositoryName": match["repository"]}
    release = _read_release(ecr, repository, uri)
    if release != __version__:
        raise SettingsError(
            f"training_image: {uri} has PlanRun of the release {release}, and you deploy "
            f"{__version__}. Build the image from this checkout, push it, and set its digest."
        )
    policy = _read_policy(ecr, repository)
    missing = [action for action in PULL_ACTIONS if not _allows_lambda(policy, action)]
    if missing:
        raise SettingsError(
            f"training_image: the policy of the repository {match['repository']} does not let "
            f"Lambda pull PlanRun's image. Found no {' and '.join(missing)} for {LAMBDA}; "
            f"{_PAGE} has the statement to add."
        )
    return f"{uri} is of this release, and Lambda may pull it."


def _read_release(ecr: Any, repository: dict[str, str], uri: str) -> str | None:
    """Return the release that an image's label names, None without one."""
    image_ids = [{"imageDigest": uri.partition("@")[2]}]
    try:
        answer = ecr.batch_get_image(
            **repository, imageIds=image_ids, acceptedMediaTypes=_MANIFESTS
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "RepositoryNotFoundException":
            raise
        answer = {"images": []}
    manifests = [json.loads(image["imageManifest"]) for image in answer["images"]]
    if not manifests or "config" not in manifests[0]:
        raise SettingsError(
            f"training_image: there is no single image {uri}. Push one for linux/amd64, without "
            "attestations; docs/training-container.md#builders-and-manifests has the settings."
        )
    config = ecr.get_download_url_for_layer(
        **repository, layerDigest=manifests[0]["config"]["digest"]
    )
    with urllib.request.urlopen(config["downloadUrl"], timeout=30) as content:  # noqa: S310 - ECR's
        labels = json.load(content).get("config", {}).get("Labels") or {}
    release: str | None = labels.get(RELEASE_LABEL)
    return release


def _read_policy(ecr: Any, repository: dict[str, str]) -> list[dict[str, Any]]:
    """Return the statements of a repository's policy."""
    try:
        text = ecr.get_repository_policy(**repository)["policyText"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "RepositoryPolicyNotFoundException":
            raise
        return []
    return list(each(json.loads(text)["Statement"]))


def _allows_lambda(policy: list[dict[str, Any]], action: str) -> bool:
    """Return whether a statement allows Lambda an action; its conditions are not looked at."""
    for statement in policy:
        if statement["Effect"] == "Allow" and LAMBDA in services_of(statement):
            patterns = each(statement.get("Action", []))
            if any(fnmatchcase(action, pattern) for pattern in patterns):
                return True
    return False
