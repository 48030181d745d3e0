from __future__ import annotations

from pathlib import Path

import pytest

from local_aws import saved_data
from local_aws.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Stopped in order, with one object."""
    workspace = Workspace(tmp_path)
    saved_data.begin(workspace)
    write(workspace, "old")
    saved_data.end(workspace)
    return workspace


def write(workspace: Workspace, text: str) -> None:
    """Replace the file of an object, as MiniStack does."""
    part = workspace.objects / "part"
    part.write_text(text)
    part.replace(workspace.objects / "object")


def read(workspace: Workspace) -> str:
    return (workspace.objects / "object").read_text()


def test_after_a_kill_all_is_as_of_the_last_orderly_end(workspace: Workspace) -> None:
    assert not saved_data.is_lost(workspace)
    saved_data.begin(workspace)
    write(workspace, "new")
    (workspace.objects / "added").touch()
    workspace.deployed_file.write_text("{}")
    assert saved_data.is_lost(workspace)
    saved_data.begin(workspace)
    assert read(workspace) == "old"
    assert not (workspace.objects / "added").exists()
    assert not workspace.deployed_file.exists()


def test_a_kill_between_the_renames_of_an_orderly_end_loses_nothing(workspace: Workspace) -> None:
    saved_data.begin(workspace)
    workspace.kept.rename(workspace.kept_before)
    saved_data.begin(workspace)
    assert read(workspace) == "old"
    assert not workspace.kept_before.exists()
