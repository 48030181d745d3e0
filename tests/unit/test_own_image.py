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
    ("statement", "missing"),
    [
        ({"Action": ["ecr:BatchGetImage"]}, "Found no ecr:GetDownloadUrlForLayer for"),
        ({"Effect": "Deny"}, "no ecr:BatchGetImage and ecr:GetDownloadUrlForLayer for"),
        ({"Principal": {"Service": "sagemaker.amazonaws.com"}}, "no ecr:BatchGetImage and"),
        ({"Principal": "*"}, "no ecr:BatchGetImage and"),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, "no ecr:BatchGetImage and"),
    ],
)
def test_a_repository_that_does_not_let_lambda_pull_stops_the_deployment(
    statement: dict[str, Any], missing: str
) -> None:
    with pytest.raises(SettingsError, match=missing):
        check_image(IMAGE, ecr_with({**LAMBDA_PULLS, **statement}))


def test_a_repository_without_a_policy_stops_the_deployment() -> None:
    ecr = ecr_with()
    ecr.fail_next("GetRepositoryPolicy", client_error("RepositoryPolicyNotFoundException"))

    with pytest.raises(SettingsError, match="does not let Lambda pull"):
        check_image(IMAGE, ecr)


@pytest.mark.parametrize("release", ["0.0.1", None])
def test_an_image_of_another_release_stops_the_deployment(release: str | None) -> None:
    with pytest.raises(SettingsError, match=rf"release {release}, and you deploy {__version__}"):
        check_image(IMAGE, ecr_with(LAMBDA_PULLS, release=release))


def test_an_image_of_another_region_stops_the_deployment() -> None:
    with pytest.raises(SettingsError, match="is in eu-west-1, and you deploy to us-east-1"):
        check_image(IMAGE, ecr_with(LAMBDA_PULLS, region="us-east-1"))


@pytest.mark.parametrize("images", [[], [{"imageManifest": '{"manifests": []}'}]])
def test_an_image_that_is_not_there_or_a_list_of_images_stops_the_deployment(
    images: list[dict[str, str]],
) -> None:
    ecr = ecr_with(LAMBDA_PULLS)
    ecr.answers["batch_get_image"] = {"images": images}

    with pytest.raises(SettingsError, match="there is no single image"):
        check_image(IMAGE, ecr)


def test_a_repository_that_is_not_there_stops_the_deployment() -> None:
    ecr = ecr_with(LAMBDA_PULLS)
    ecr.fail_next("BatchGetImage", client_error("RepositoryNotFoundException"))

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
