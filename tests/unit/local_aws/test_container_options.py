"""Which engine `--container` and `--engine` mean."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from local_aws import container_engine, container_options, daemon
from local_aws.container_engine import Engine
from local_aws.daemon import Server
from local_aws.errors import UsageError
from local_aws.workspace import Workspace


@pytest.mark.parametrize(
    ("options", "up", "found"),
    [
        ([], Server(1, 4566, "podman"), "nothing"),
        (["--container"], None, "first"),
        (["--container"], Server(1, 4566), "first"),
        (["--container"], Server(1, 4566, "podman"), "podman"),
        (["--container", "--engine", "docker"], Server(1, 4566, "podman"), "docker"),
    ],
)
def test_a_servers_engine_comes_first_unless_one_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    up: Server | None,
    found: str,
) -> None:
    def find(chosen: str | None, _environment: object) -> Engine:
        return Engine(name=chosen or "first", program="/x", version="1")

    monkeypatch.setattr(container_engine, "find", find)
    monkeypatch.setattr(daemon, "find", lambda _workspace: up)
    given = parsed(options)
    engine = container_options.engine(given, Workspace(tmp_path), {})
    assert (engine.name if engine else "nothing") == found


def test_an_engine_for_nothing_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--engine docker chooses for --container"):
        container_options.engine(parsed(["--engine", "docker"]), Workspace(tmp_path), {})


def parsed(options: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    container_options.add(parser)
    return parser.parse_args(options)
