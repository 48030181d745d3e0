"""An image of one's own is refused before the deployment when PlanRun could not start in it."""

from __future__ import annotations

import json
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


def ecr_with(
    *statements: dict[str, Any], release: str | None = __version__, region: str = "eu-west-1"
) -> Any:
    """Return an ECR that has the image in a repository with a policy of these statements."""
    config = {"config": {"Labels": {RELEASE_LABEL: release} if release else None}}
    manifest = {"schemaVersion": 2, "config": {"digest": "sha256:c"}, "layers": []}
    ecr: Any = Answers(
        "ecr",
        batch_get_image={"images": [{"imageManifest": json.dumps(manifest)}]},
        get_download_url_for_layer={"downloadUrl": f"data:,{quote(json.dumps(config))}"},
        get_repository_policy={"policyText": json.dumps({"Statement": list(statements)})},
    )
    ecr.meta = SimpleNamespace(region_name=region)
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


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": ["ecr:BatchGetImage"]},
        {"Effect": "Deny"},
        {"Principal": {"Service": "sagemaker.amazonaws.com"}},
        {"Principal": "*"},
    ],
)
def test_a_repository_that_does_not_let_lambda_pull_stops_the_deployment(
    statement: dict[str, Any],
) -> None:
    with pytest.raises(SettingsError, match=r"Found no .*ecr:GetDownloadUrlForLayer for"):
        check_image(IMAGE, ecr_with({**LAMBDA_PULLS, **statement}))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"release": "0.0.1"}, rf"release 0\.0\.1, and you deploy {__version__}"),
        ({"release": None}, "release None"),
        ({"region": "us-east-1"}, "is in eu-west-1, and you deploy to us-east-1"),
    ],
)
def test_an_image_of_another_release_or_region_stops_the_deployment(
    changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        check_image(IMAGE, ecr_with(LAMBDA_PULLS, **changes))


@pytest.mark.parametrize(
    ("operation", "code", "problem"),
    [
        ("GetRepositoryPolicy", "RepositoryPolicyNotFoundException", "does not let Lambda pull"),
        ("BatchGetImage", "RepositoryNotFoundException", "there is no single image"),
    ],
)
def test_a_repository_or_a_policy_that_is_not_there_stops_the_deployment(
    operation: str, code: str, problem: str
) -> None:
    ecr = ecr_with(LAMBDA_PULLS)
    ecr.fail_next(operation, client_error(code))

    with pytest.raises(SettingsError, match=problem):
        check_image(IMAGE, ecr)


def test_a_list_of_images_stops_the_deployment() -> None:
    ecr = ecr_with(LAMBDA_PULLS)
    ecr.answers["batch_get_image"] = {"images": [{"imageManifest": '{"manifests": []}'}]}

    with pytest.raises(SettingsError, match="there is no single image"):
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
