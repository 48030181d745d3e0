"""A deployment that goes back to the release before: its code reads what this one wrote."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.planning import IRIS, World
from tests.support.release_before import COMMIT

ROOT = Path(__file__).parents[2]
# Run by the release before: its own PlanRun, in a bucket that has a run of this one.
PLAN_AGAIN = """
import json, sys
from tests.support.planning import IRIS, World
from tunedrop_common.plan import read_plan

world = World()
for key, content in json.load(sys.stdin).items():
    world.s3.put(key, content)
    if key.endswith("/plan.json"):
        read_plan(json.loads(content))
world.clock.advance(86400)
answer = world.run(world.drop("iris/train.csv", IRIS), execution="execution-9")
print(answer["outcome"])
"""


@pytest.fixture
def release_before(tmp_path: Path) -> Path:
    """A checkout of the release before."""
    archive = subprocess.run(
        ["git", "archive", COMMIT, "common", "lambda", "tests/support", "tests/__init__.py"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        pytest.skip("needs the history of the repository")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(tmp_path, filter="data")
    return tmp_path


@pytest.mark.slow
def test_the_release_before_plans_beside_runs_of_this_one(release_before: Path) -> None:
    world = World()
    world.run(world.drop("iris/train.csv", IRIS))
    written = {key: world.s3.body(key).decode() for key in world.s3.keys("runs/")}
    assert any(key.endswith("run.json") for key in written)
    paths = (".", "common", "lambda")
    found = subprocess.run(
        [sys.executable, "-c", PLAN_AGAIN],
        cwd=release_before,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        input=json.dumps(written),
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == "planned\n"
