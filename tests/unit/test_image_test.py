"""The parts of `make image-test` that need no builder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.image_test import IMAGE, Builder


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_the_image_is_built_with_the_arguments_that_the_cdk_gives(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / name
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"${0%/*}/arguments"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    source = {
        "directory": "asset.1", "dockerFile": "Dockerfile", "platform": "linux/amd64",
        "dockerOutputs": ["type=docker"], "dockerBuildArgs": {"PYTHON_IMAGE": "mirror/python"},
    }  # fmt: skip
    manifest = {"dockerImages": {"x": {"source": source}}}
    (tmp_path / "Tunedrop.assets.json").write_text(json.dumps(manifest))

    Builder(name).build(tmp_path)

    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[arguments.index("--build-arg") + 1] == "PYTHON_IMAGE=mirror/python"
    assert "--output=type=docker" in arguments
    assert arguments[arguments.index("--platform") + 1] == "linux/amd64"
    assert arguments[-1] == str(tmp_path / "asset.1")


def test_docker_publishes_the_port_of_a_server_on_this_machine_only() -> None:
    command = Builder("docker").command(Path("/ml"), ["python", "serve"], 8081)
    options = ["--volume=/ml:/opt/ml", "--publish=127.0.0.1:8081:8080", "--entrypoint=python"]
    assert command == ["docker", "run", "--rm", *options, IMAGE, "serve"]
