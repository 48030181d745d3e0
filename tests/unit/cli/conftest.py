from __future__ import annotations

import time
from pathlib import Path

import boto3
import pytest

from tests.support.deployment import TABLE, TUNING, Deployment


@pytest.fixture
def deployment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Deployment:
    """A deployment in which time passes when the command sleeps, in an empty working folder."""
    made = Deployment(capsys)
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        if made.later:
            made.later.pop(0)()

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(boto3, "Session", lambda profile_name, region_name: made)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return made


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    """A dataset on this machine."""
    folder = tmp_path / "iris"
    folder.mkdir()
    (folder / "train.csv").write_text(TABLE)
    (folder / "tuning.yaml").write_text(TUNING)
    (folder / ".DS_Store").write_text("hidden")
    return folder
