"""The stand-in for Docker, as the CDK calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_aws import cdk_docker

NAME = "000000000000.dkr.ecr.us-east-1.amazonaws.com/cdk-assets:abc"


@pytest.mark.parametrize(
    ("file", "options"),
    [("Dockerfile", []), ("image/Dockerfile", ["--file", "image/Dockerfile"])],
)
def test_a_build_wants_a_dockerfile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, options: list[str]
) -> None:
    build = ["build", "--tag", "cdkasset-abc", *options, "--platform", "linux/amd64", str(tmp_path)]
    assert cdk_docker.main(build) == 1
    assert f"no {file} in {tmp_path}" in capsys.readouterr().err
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("FROM scratch\n")
    assert cdk_docker.main(build) == 0


def test_no_image_is_there_before_it_is_built() -> None:
    assert cdk_docker.main(["inspect", "cdkasset-abc"]) == 1
    assert cdk_docker.main(["tag", "cdkasset-abc", NAME]) == 0


@pytest.mark.parametrize("name", ["cdkasset-abc", "docker.io/library/python:3.12"])
def test_only_an_image_of_ecr_is_pushed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cdk_docker.main(["push", name]) == 1
    assert name in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["run", "image"]])
def test_other_commands_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cdk_docker.main(arguments) == 1
    assert "has no command" in capsys.readouterr().err
