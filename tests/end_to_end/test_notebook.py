"""The notebook of examples/, executed on a run of ours."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from local_aws.workspace import REPOSITORY
from tests.support.deployed import Deployment

NOTEBOOK = REPOSITORY / "examples/analyze_tuning_job.ipynb"


@pytest.mark.slow
def test_the_notebook_shows_every_training_job_of_a_run(
    deployment: Deployment, penguins: Path, tmp_path: Path
) -> None:
    deployment.command("run", str(penguins), "--name", "notebook", "--output", str(tmp_path))
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    [tuning_job] = results["tuning_jobs"]
    notebook = nbformat.read(NOTEBOOK, 4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute(
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(deployment.workspace.home),
            **deployment.variables,
            "TUNING_JOB": tuning_job["name"],
        }
    )
    outputs = [_output(cell) for cell in notebook.cells if cell.cell_type == "code"]
    assert outputs[1]["text/plain"].strip("'") == (
        f"{tuning_job['name']}: Completed, Maximize validation:balanced_accuracy"
    )
    assert f"{results['objective']:.4f}"[:6] in outputs[2]["text/plain"]
    dots = [chart["image/svg+xml"].count('aria-roledescription="circle"') for chart in outputs[3:]]
    assert dots == [10, 20]  # one chart over time, one for each of two hyperparameters


def _output(cell: Any) -> dict[str, str]:
    """What a cell shows; none may write to standard error."""
    assert [output for output in cell.outputs if output.get("name") == "stderr"] == []
    return dict(cell.outputs[-1].data) if cell.outputs else {}
