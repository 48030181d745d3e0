from __future__ import annotations

from pathlib import Path

import pytest

from local_aws.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Stopped in order, with one object."""
    workspace = Workspace(tmp_path)
    workspace.open_saved_data()
    write(workspace, "old")
    workspace.save_data()
    return workspace


def write(workspace: Workspace, text: str) -> None:
    """Replace the file of an object, as MiniStack does."""
    part = workspace.objects / "part"
    part.write_text(text)
    part.replace(workspace.objects / "object")


def read(workspace: Workspace) -> str:
    return (workspace.objects / "object").read_text()


def test_a_kill_between_the_renames_of_an_orderly_end_loses_nothing(workspace: Workspace) -> None:
    workspace.open_saved_data()
    workspace.saved.rename(workspace.previously_saved)
    workspace.open_saved_data()
    assert read(workspace) == "old"
    assert not workspace.previously_saved.exists()
