"""The stand-in for Docker, as the CDK calls it."""

from __future__ import annotations

import pytest

from local_aws import cdk_docker

NAME = "000000000000.dkr.ecr.us-east-1.amazonaws.com/cdk-assets:abc"


def test_no_image_is_there_already_and_each_is_built_at_once() -> None:
    assert cdk_docker.main(["inspect", "cdkasset-abc"]) == 1
    assert cdk_docker.main(["build", "--tag", "cdkasset-abc", "."]) == 0
    assert cdk_docker.main(["tag", "cdkasset-abc", NAME]) == 0


@pytest.mark.parametrize("name", ["cdkasset-abc", "docker.io/library/python:3.12"])
def test_only_an_image_of_ecr_is_pushed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cdk_docker.main(["push", name]) == 1
    assert name in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["run", "image"]])
def test_other_commands_are_rejected(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cdk_docker.main(arguments) == 1
    assert "has no command" in capsys.readouterr().err
