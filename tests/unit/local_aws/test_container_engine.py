"""Which container engine is found, and what is said where none works."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from local_aws.container_engine import Engine, EngineUnusable, find

PODMAN = {"host": {"cgroupControllers": ["cpu", "memory", "pids"], "security": {"rootless": True}}}
DOCKER = {"MemoryLimit": True, "CpuCfsQuota": True, "SecurityOptions": ["name=seccomp,profile=x"]}


def install(folder: Path, name: str, version: str, info: dict[str, Any] | None) -> dict[str, str]:
    """Write a program that answers as an engine does; without info its daemon is down."""
    program = folder / name
    answer = "echo 'starting' >&2; echo 'Cannot connect to the daemon' >&2; exit 1"
    if info is not None:
        (folder / f"{name}.json").write_text(json.dumps(info))
        answer = f"/bin/cat '{folder / name}.json'"
    program.write_text(
        "#!/bin/sh\n"
        f'case "$1" in\n--version) echo "{version}";;\ninfo) {answer};;\n'
        "image) exit 1;;\n*) /usr/bin/env;;\nesac\n"
    )
    program.chmod(0o755)
    return {"PATH": str(folder)}


def test_docker_comes_first(tmp_path: Path) -> None:
    install(tmp_path, "docker", "Docker version 28.0.1, build 068a01e", DOCKER)
    path = install(tmp_path, "podman", "podman version 5.4.2", PODMAN)
    found = find(None, path)
    assert (found.name, found.version) == ("docker", "28.0.1, build 068a01e")
    assert found.program == str(tmp_path / "docker")
    assert (found.limits, found.rootless) == (True, False)


def test_one_that_works_comes_before_one_that_does_not(tmp_path: Path) -> None:
    install(tmp_path, "docker", "Docker version 28.0.1, build 068a01e", None)
    path = install(tmp_path, "podman", "podman version 5.4.2", PODMAN)
    found = find(None, path)
    assert (found.name, found.version) == ("podman", "5.4.2")
    assert (found.limits, found.rootless) == (True, True)


def test_a_chosen_one_is_taken_or_nothing(tmp_path: Path) -> None:
    install(tmp_path, "docker", "Docker version 28.0.1, build 068a01e", None)
    path = install(tmp_path, "podman", "podman version 5.4.2", PODMAN)
    assert find("podman", path).name == "podman"
    with pytest.raises(EngineUnusable, match="docker: `info` failed: Cannot connect") as error:
        find("docker", path)
    assert "podman" not in str(error.value).lower().split("\n")[1]


def test_where_none_works_the_message_has_each_reason_and_what_to_do(tmp_path: Path) -> None:
    path = install(tmp_path, "docker", "Docker version 28.0.1, build 068a01e", None)
    with pytest.raises(EngineUnusable) as error:
        find(None, path)
    assert str(error.value).splitlines() == [
        "--container needs Docker or Podman:",
        "  docker: `info` failed: Cannot connect to the daemon",
        "  podman: not in PATH",
        "Install or start one of them, or leave --container out: training jobs then run as"
        " processes of this machine's Python.",
    ]


def test_podman_under_dockers_name_is_podman(tmp_path: Path) -> None:
    path = install(tmp_path, "docker", "podman version 5.4.2", PODMAN)
    assert find("docker", path).name == "podman"


@pytest.mark.parametrize(
    ("name", "version", "info"),
    [
        ("docker", "Docker version 28.0.1, build 068a01e", {**DOCKER, "MemoryLimit": False}),
        ("podman", "podman version 5.4.2", {"host": {"cgroupControllers": None}}),
    ],
)
def test_limits_are_not_asked_of_an_engine_that_cannot_set_them(
    tmp_path: Path, name: str, version: str, info: dict[str, Any]
) -> None:
    assert not find(name, install(tmp_path, name, version, info)).limits


def test_rootless_docker_is_refused_with_the_reason(tmp_path: Path) -> None:
    info = {**DOCKER, "SecurityOptions": ["name=seccomp,profile=x", "name=rootless"]}
    path = install(tmp_path, "docker", "Docker version 28.0.1, build 068a01e", info)
    with pytest.raises(EngineUnusable, match="runs rootless, and could leave files"):
        find(None, path)


def test_an_answer_that_is_no_json_is_shown(tmp_path: Path) -> None:
    path = install(tmp_path, "podman", "podman version 1.0", {})
    (tmp_path / "podman.json").write_text("host: something")
    with pytest.raises(EngineUnusable, match="answered no JSON: 'host: something'"):
        find("podman", path)


def test_the_engine_gets_its_own_settings_and_no_aws(tmp_path: Path) -> None:
    path = install(tmp_path, "podman", "podman version 5.4.2", PODMAN)
    given = {
        "CONTAINERS_STORAGE_CONF": "/mine.conf",
        "DOCKER_HOST": "unix:///mine.sock",
        "XDG_RUNTIME_DIR": "/run/user/1",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "PYTHONPATH": "/elsewhere",
    }
    engine = Engine.from_json(find("podman", {**path, **given}).to_json())
    seen = dict(line.split("=", 1) for line in engine.call("env").stdout.splitlines())
    assert {name: seen[name] for name in list(given)[:3]} == {
        name: given[name] for name in list(given)[:3]
    }
    assert not {"AWS_SECRET_ACCESS_KEY", "PYTHONPATH"} & set(seen)
    assert not engine.has_image("anything")


def test_an_engine_that_was_uninstalled_is_an_error_of_its_own(tmp_path: Path) -> None:
    engine = find("podman", install(tmp_path, "podman", "podman version 5.4.2", PODMAN))
    os.unlink(engine.program)
    with pytest.raises(EngineUnusable, match="does not work"):
        engine.call("ps")
