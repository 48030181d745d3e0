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
    created = Deployment(capsys)
    seconds_passed = 0.0

    def sleep(seconds: float) -> None:
        nonlocal seconds_passed
        seconds_passed += seconds
        if created.later:
            created.later.pop(0)()

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: seconds_passed)
    monkeypatch.setattr(boto3, "Session", lambda profile_name, region_name: created)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return created


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    """A dataset on this machine."""
    folder = tmp_path / "iris"
    folder.mkdir()
    (folder / "train.csv").write_text(TABLE)
    (folder / "tuning.yaml").write_text(TUNING)
    (folder / ".DS_Store").write_text("hidden")
    return folder
