from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws import deploy, settings
from local_aws.environment import Clients
from local_aws.errors import UsageError
from local_aws.settings import SOURCES, fingerprint
from local_aws.workspace import REPOSITORY, Workspace


def test_the_settings_of_this_machine_are_settings_of_cdk_json() -> None:
    known = json.loads((REPOSITORY / "cdk.json").read_text("utf-8"))["context"]["tunedrop"]
    assert set(settings.for_this_machine()) == set(known) & {
        "lambda_architecture",
        "lambda_python",
        "settle_seconds",
        "heartbeat_seconds",
        "run_timeout_seconds",
        "limits",
    }
    python = ".".join(map(str, sys.version_info[:2]))
    assert settings.for_this_machine()["lambda_python"] == python


def test_own_limits_leave_the_machines_own_in_place() -> None:
    chosen = settings.for_this_machine({"limits": {"max_training_jobs": 50}, "spot": True})
    assert chosen["limits"] == {"max_cost_usd": None, "max_training_jobs": 50}
    assert chosen["spot"] is True
    assert settings.for_this_machine({"limits": {"max_cost_usd": 5}})["limits"]["max_cost_usd"] == 5
    assert settings.for_this_machine({"limits": 5})["limits"] == 5


@pytest.mark.parametrize(
    ("text", "says"), [("{", "not JSON"), ("5", "'5', and must be a JSON object")]
)
def test_settings_that_are_no_json_object_are_wrong_usage(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        settings.parse(text)


def test_own_settings_are_kept_for_later_commands_once_they_are_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, chosen = Workspace(tmp_path), list[dict[str, Any]]()

    def deployment(_workspace: Workspace, _clients: Clients, _say: deploy.Say, found: Any) -> str:
        chosen.append(found)
        if "settle_second" in found:
            raise RuntimeError
        return "stack"

    monkeypatch.setattr(deploy, "_ensure", deployment)
    here, clients = settings.for_this_machine(), Clients(1)
    for own in ({"heartbeat_seconds": 20}, None, {}, None, {"settle_seconds": 3}):
        deploy.ensure(workspace, clients, print, own)
    with pytest.raises(RuntimeError):
        deploy.ensure(workspace, clients, print, {"settle_second": 4})
    deploy.ensure(workspace, clients, print)
    beat, settled = here | {"heartbeat_seconds": 20}, here | {"settle_seconds": 3}
    assert chosen == [beat, beat, here, here, settled, here | {"settle_second": 4}, settled]


def test_what_was_deployed_is_forgotten_when_its_record_is_broken(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert deploy.deployed(workspace) is None
    workspace.deployed_file.write_text('{"fingerprint": "f", "stack": "S"}')
    assert deploy.deployed(workspace) == deploy.Deployed("f", "S")
    for broken in ("{", "[]", '{"other": 1}'):
        workspace.deployed_file.write_text(broken)
        assert deploy.deployed(workspace) is None


def test_every_source_of_the_fingerprint_is_there() -> None:
    assert [name for name in SOURCES if not (REPOSITORY / name).exists()] == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("app")
    for part in ("lambda/tunedrop", "common/tunedrop_common"):
        (tmp_path / part).mkdir(parents=True)
        (tmp_path / part / "a.py").write_text("a")
    return tmp_path


@pytest.mark.parametrize(
    "edit",
    [
        lambda root: (root / "common/tunedrop_common/a.py").write_text("b"),
        lambda root: (root / "lambda/b.py").touch(),
        lambda root: (root / "lambda/tunedrop/a.py").rename(root / "lambda/tunedrop/c.py"),
    ],
    ids=["change", "add", "rename"],
)
def test_every_edit_of_a_source_changes_the_fingerprint(
    repository: Path, edit: Callable[[Path], object]
) -> None:
    before = fingerprint(repository, {})
    edit(repository)
    assert fingerprint(repository, {}) != before


def test_settings_change_the_fingerprint() -> None:
    assert fingerprint(Path("none"), {"a": 1}) != fingerprint(Path("none"), {"a": 2})


def test_compiled_files_and_the_readme_do_not_change_the_fingerprint(repository: Path) -> None:
    before = fingerprint(repository, {"a": 1, "b": 2})
    (repository / "lambda" / "__pycache__").mkdir()
    (repository / "lambda" / "__pycache__" / "a.cpython-311.pyc").write_text("x")
    (repository / "README.md").write_text("x")
    assert fingerprint(repository, {"b": 2, "a": 1}) == before
