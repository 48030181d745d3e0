"""The code on docs/training-container.md gives the score of a training job, to the bit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.training.jobs import Job, column, estimator, metric_value, plan

ROOT = Path(__file__).parents[2]
PENGUINS = ROOT / "examples/penguins/train.csv"
HYPERPARAMETERS = {"n_estimators": "15", "max_depth": "3", "min_samples_leaf": "0.02"}
KINDS = {
    "island": "categorical",
    "bill_length_mm": "numeric",
    "bill_depth_mm": "numeric",
    "flipper_length_mm": "numeric",
    "body_mass_g": "numeric",
    "sex": "categorical",
    "year": "numeric",
    "species": "categorical",
}


def _job(base: Path) -> Job:
    forest = estimator(
        "random_forest",
        fixed={"class_weight": "balanced"},
        ranges={
            "n_estimators": {"kind": "integer", "minimum": 10, "maximum": 20},
            "max_depth": {"kind": "integer", "minimum": 2, "maximum": 4},
            "min_samples_leaf": {"kind": "continuous", "minimum": 0.01, "maximum": 0.1},
        },
    )
    columns = [
        column(name, kind, "target" if name == "species" else "feature")
        for name, kind in KINDS.items()
    ]
    return Job(
        base,
        plan(columns, estimators=[forest], cross_validation={"folds": 5}),
        {"class_weight": "balanced", **HYPERPARAMETERS},
        files={"train/train.csv": PENGUINS.read_bytes()},
    )


def _train(job: Job) -> float:
    """Run a training job under the container contract and return its objective."""
    job.write()
    process = subprocess.run(
        [sys.executable, "-m", "sklearn_trainer", "train"],
        env={
            **os.environ,
            "PYTHONPATH": "training_container:common",
            "SAGEMAKER_BASE_DIR": str(job.base),
        },
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    name = "validation:balanced_accuracy"
    last = [line for line in process.stdout.splitlines() if f"{name}=" in line][-1]
    return metric_value(last, name)


def test_the_documented_code_reproduces_the_objective_of_a_training_job(tmp_path: Path) -> None:
    job = _job(tmp_path / "ml")
    objective = _train(job)
    run = tmp_path / "run"
    run.mkdir()
    (run / "plan.json").write_text(json.dumps(job.plan))
    best = {
        "name": "best",
        "estimator": "random_forest",
        "hyperparameters": HYPERPARAMETERS,
        "objective": objective,
    }
    results = {"best_training_job": "best", "training_jobs": [{**best, "name": "other"}, best]}
    (run / "results.json").write_text(json.dumps(results))

    page = (ROOT / "docs/training-container.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (code,) = [block for block in blocks if "cross_validate(" in block]
    placed = re.sub(r'Path\("tunedrop-runs/[^"]*"\)', f"Path({str(run)!r})", code)
    assert placed != code
    process = subprocess.run(
        [sys.executable, "-c", placed],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    reproduced, documented = map(float, process.stdout.split())
    assert documented == objective
    assert reproduced == objective
    assert 0.5 < objective <= 1.0
