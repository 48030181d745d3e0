from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_aws import deploy
from local_aws.deploy import fingerprint, settings_for_this_machine
from local_aws.environment import Clients
from local_aws.workspace import Workspace

RUNS = {"max_runs_per_dataset_per_day": 10_000, "max_runs_per_day": 10_000}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_training_jobs": 50}, {"max_cost_usd": None, "max_training_jobs": 50, **RUNS}),
        ({"max_cost_usd": 5}, {"max_cost_usd": 5, **RUNS}),
        (5, 5),
    ],
)
def test_a_users_limits_leave_the_others_of_this_machine(limits: Any, expected: Any) -> None:
    settings = settings_for_this_machine({"limits": limits, "spot": True})
    assert (settings["limits"], settings["spot"]) == (expected, True)


def test_a_users_settings_are_saved_for_later_commands_once_they_are_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, deployed = Workspace(tmp_path), list[dict[str, Any]]()

    def deploy_stack(_workspace: Any, _clients: Any, _show: Any, settings: Any) -> str:
        deployed.append(settings)
        if "quiet_period_second" in settings:
            raise RuntimeError
        return "stack"

    monkeypatch.setattr(deploy, "_ensure", deploy_stack)
    defaults, clients = settings_for_this_machine({}), Clients(1)
    for settings in ({"heartbeat_seconds": 20}, None, {}, None, {"quiet_period_seconds": 3}):
        deploy.ensure(workspace, clients, print, settings)
    with pytest.raises(RuntimeError):
        deploy.ensure(workspace, clients, print, {"quiet_period_second": 4})
    deploy.ensure(workspace, clients, print)
    beat, quiet = defaults | {"heartbeat_seconds": 20}, defaults | {"quiet_period_seconds": 3}
    assert deployed == [
        beat,
        beat,
        defaults,
        defaults,
        quiet,
        defaults | {"quiet_period_second": 4},
        quiet,
    ]


@pytest.mark.parametrize("broken", ["{", "[]", '{"other": 1}'])
def test_a_broken_record_of_what_was_deployed_is_none(tmp_path: Path, broken: str) -> None:
    workspace = Workspace(tmp_path)
    workspace.deployed_file.write_text('{"fingerprint": "f", "stack": "S"}')
    assert deploy.read_deployed(workspace) == deploy.Deployed("f", "S")
    workspace.deployed_file.write_text(broken)
    assert deploy.read_deployed(workspace) is None


@pytest.mark.parametrize(
    ("edit", "is_same"),
    [
        (lambda root: (root / "common/a.py").write_text("b"), False),
        (lambda root: (root / "lambda/b.py").touch(), False),
        (lambda root: (root / "lambda/a.py").rename(root / "lambda/c.py"), False),
        (lambda root: (root / "README.md").write_text("x"), True),
        (lambda root: (root / "lambda/__pycache__/a.pyc").write_text("x"), True),
    ],
    ids=["change", "add", "rename", "no source", "compiled"],
)
def test_the_fingerprint_is_of_settings_and_sources(
    tmp_path: Path, edit: Callable[[Path], object], is_same: bool
) -> None:
    (tmp_path / "app.py").write_text("app")
    (tmp_path / "lambda" / "__pycache__").mkdir(parents=True)
    (tmp_path / "common").mkdir()
    for part in ("lambda", "common"):
        (tmp_path / part / "a.py").write_text("a")
    before = fingerprint(tmp_path, {"a": 1, "b": 2})
    assert fingerprint(tmp_path, {"b": 2, "a": 3}) != before
    edit(tmp_path)
    assert (fingerprint(tmp_path, {"b": 2, "a": 1}) == before) is is_same
