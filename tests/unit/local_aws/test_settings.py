from __future__ import annotations

from pathlib import Path

import pytest

from local_aws import settings
from local_aws.errors import UsageError
from local_aws.workspace import Workspace


@pytest.mark.parametrize(
    ("text", "says"), [("{", "not JSON"), ("[1]", "must be a JSON object"), ("5", "'5'")]
)
def test_settings_that_are_no_json_object_are_wrong_usage(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        settings.parse(text)


def test_own_settings_are_kept_for_later_commands(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "aws")
    assert settings.of(workspace) == settings.for_this_machine()
    with settings.kept(workspace, {"heartbeat_seconds": 20}):
        pass
    assert settings.of(workspace) == {**settings.for_this_machine(), "heartbeat_seconds": 20}
    with settings.kept(workspace, None):
        pass
    assert settings.of(workspace)["heartbeat_seconds"] == 20
    with settings.kept(workspace, {}):
        pass
    assert settings.of(workspace) == settings.for_this_machine()


def test_settings_that_cannot_be_deployed_are_not_kept(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "aws")
    with settings.kept(workspace, {"settle_seconds": 3}):
        pass
    with pytest.raises(RuntimeError), settings.kept(workspace, {"settle_second": 4}):
        raise RuntimeError
    assert settings.of(workspace)["settle_seconds"] == 3
