"""`run --container`: a dataset whose training jobs run the stack's own image."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws import container_engine
from local_aws.container_engine import EngineUnusable
from local_aws.sagemaker.containers import owner_label
from local_aws.workspace import Workspace
from tests.end_to_end.conftest import run_command
from tests.support.sagemaker import fake_engine

pytestmark = pytest.mark.slow


@pytest.fixture(params=["fake", *container_engine.NAMES])
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Put an engine into PATH, or skip where there is none; give its name."""
    if request.param == "fake":
        program = fake_engine.install(tmp_path / "engine")
        monkeypatch.setenv("PATH", os.pathsep.join((str(program.parent), os.environ["PATH"])))
        yield "podman"
        return
    try:
        yield container_engine.find(request.param, os.environ).name
    except EngineUnusable as error:
        pytest.skip(str(error))


def test_a_dropped_dataset_becomes_a_model_that_its_image_has_trained(
    engine: str, penguins: Path, tmp_path: Path
) -> None:
    workspace, out = Workspace(tmp_path / "aws"), tmp_path / "out"
    options = ["--container", "--engine", engine, "--json", "--output", str(out)]
    ran = run_command(workspace, "run", str(penguins), *options)
    result = json.loads(ran.stdout)
    assert result["status"] == "Succeeded", ran.stderr
    assert "Building the training image" in ran.stderr
    assert len(json.loads((out / "results.json").read_text("utf-8"))["training_jobs"]) == 10
    assert (out / "model.tar.gz").is_file()
    label = f"--filter=label={owner_label(workspace.sagemaker)}"
    found = container_engine.find(engine, os.environ)
    assert found.call("ps", "--all", "--quiet", "--no-trunc", label).stdout == ""
    assert not list((workspace.sagemaker / "running").iterdir())
