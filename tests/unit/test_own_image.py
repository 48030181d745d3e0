"""An image of one's own is refused before the deployment when PlanRun could not start in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from cdk_app.context import SettingsError, parse_settings
from tests.support.answers import Answers
from tests.support.fakes import client_error
from tools.own_image import PULL_ACTIONS, RELEASE_LABEL, check_image
from tools.prepare_account import prepare
from tunedrop import __version__

DIGEST = "sha256:" + "1" * 64
IMAGE = f"210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/tunedrop@{DIGEST}"
LAMBDA_PULLS = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": list(PULL_ACTIONS),
}
SINGLE = {"schemaVersion": 2, "config": {"digest": "sha256:c"}, "layers": []}


def ecr_with(
    *statements: dict[str, Any],
    release: str | None = __version__,
    region: str = "eu-west-1",
    manifest: Mapping[str, Any] = SINGLE,
    fails: tuple[str, str] | None = None,
) -> Any:
    """Return an ECR that has the image in a repository with a policy of these statements."""
    config = {"config": {"Labels": {RELEASE_LABEL: release} if release else None}}
    ecr: Any = Answers(
        "ecr",
        batch_get_image={"images": [{"imageManifest": json.dumps(manifest)}]},
        get_download_url_for_layer={"downloadUrl": f"data:,{quote(json.dumps(config))}"},
        get_repository_policy={"policyText": json.dumps({"Statement": list(statements)})},
    )
    ecr.meta = SimpleNamespace(region_name=region)
    if fails is not None:
        ecr.fail_next(fails[0], client_error(fails[1]))
    return ecr


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"Action": "ecr:*"},
        {"Principal": {"Service": ["sagemaker.amazonaws.com", "lambda.amazonaws.com"]}},
    ],
)
def test_an_image_of_this_release_that_lambda_may_pull_is_deployed(
    statement: dict[str, Any],
) -> None:
    ecr = ecr_with({**LAMBDA_PULLS, **statement})

    assert "is of this release, and Lambda may pull it" in check_image(IMAGE, ecr)
    [request] = ecr.calls_of("BatchGetImage")
    assert request["imageIds"] == [{"imageDigest": DIGEST}]
    assert (request["registryId"], request["repositoryName"]) == ("210987654321", "team/tunedrop")


PULL, NO_IMAGE = "Found no .*ecr:GetDownloadUrlForLayer for", "there is no single image"


@pytest.mark.parametrize(
    ("ecr", "problem"),
    [
        (ecr_with({**LAMBDA_PULLS, "Action": ["ecr:BatchGetImage"]}), PULL),
        (ecr_with({**LAMBDA_PULLS, "Effect": "Deny"}), PULL),
        (ecr_with({**LAMBDA_PULLS, "Principal": {"Service": "sagemaker.amazonaws.com"}}), PULL),
        (ecr_with({**LAMBDA_PULLS, "Principal": "*"}), PULL),
        (ecr_with(fails=("GetRepositoryPolicy", "RepositoryPolicyNotFoundException")), PULL),
        (ecr_with(fails=("BatchGetImage", "RepositoryNotFoundException")), NO_IMAGE),
        (ecr_with(manifest={"manifests": []}), NO_IMAGE),
        (
            ecr_with(LAMBDA_PULLS, release="0.0.1"),
            f"0.0.1, and you deploy {__version__}",
        ),
        (ecr_with(LAMBDA_PULLS, release=None), "release None"),
        (
            ecr_with(LAMBDA_PULLS, region="us-east-1"),
            "in eu-west-1, and you deploy to us-east-1",
        ),
    ],
)
def test_an_image_that_plan_run_could_not_start_in_stops_the_deployment(
    ecr: Any, problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        check_image(IMAGE, ecr)


def test_what_the_credentials_may_not_read_is_left_to_somebody_who_may(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ecr: Any = Answers("ecr")
    ecr.meta = SimpleNamespace(region_name="eu-west-1")
    with pytest.raises(ClientError, match="AccessDenied"):
        check_image(IMAGE, ecr)

    services = {"ecr": ecr, "logs": Answers("logs")}
    prepare(parse_settings({"training_image": IMAGE}), services.__getitem__)

    assert "get-repository-policy" in capsys.readouterr().err
