"""The code on docs/training-container.md gives the score of a training job, to the bit."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tunedrop_common.plan import (
    Column,
    ConfirmPlan,
    CrossValidation,
    CsvDialect,
    Data,
    EstimatorPlan,
    FinalTest,
    Instance,
    Metric,
    NumericRange,
    Part,
    Plan,
    TuningJobPlan,
)

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


def _plan() -> Plan:
    estimator = EstimatorPlan(
        key="random_forest",
        class_path="sklearn.ensemble.RandomForestClassifier",
        fixed={"class_weight": "balanced"},
        ranges={
            "n_estimators": NumericRange(kind="integer", minimum=10, maximum=20),
            "max_depth": NumericRange(kind="integer", minimum=2, maximum=4),
            "min_samples_leaf": NumericRange(kind="continuous", minimum=0.01, maximum=0.1),
        },
    )
    columns = tuple(
        Column(name=name, kind=kind, role="target" if name == "species" else "feature")
        for name, kind in KINDS.items()
    )
    return Plan(
        dataset="penguins",
        run_id="20261123T225242Z-1a2b3c4d",
        task="classification",
        data=Data(
            format="csv",
            csv=CsvDialect(),
            train=Part(
                uri="s3://bucket/inputs/penguins/d/",
                files=("train.csv",),
                bytes=PENGUINS.stat().st_size,
                copied=True,
                versions={},
            ),
            test=None,
            columns=columns,
            target="species",
            rows=344,
            rows_exact=True,
        ),
        metric=Metric(objective="balanced_accuracy"),
        cross_validation=CrossValidation(folds=5, stratified=True, seed=7),
        final_test=FinalTest(kind="none"),
        seed=7,
        tuning_jobs=(
            TuningJobPlan(
                name="td-00000000-0000000000-0",
                estimator=estimator,
                strategy="Random",
                max_training_jobs=10,
                max_parallel_training_jobs=2,
                max_runtime_seconds=600,
                max_training_job_seconds=60,
                early_stopping="Off",
                random_seed=7,
            ),
        ),
        parallel_tuning_jobs=1,
        confirm=ConfirmPlan(
            name="tc-00000000-0000000000",
            folds=5,
            repeats=2,
            seed=8,
            max_seconds=600,
            max_seconds_per_contender=60,
        ),
        instance=Instance(type="ml.m5.large", volume_gb=1),
        decisions=(),
    )


def _train(plan: Plan, base: Path) -> float:
    """Run a training job under the container contract and return its objective."""
    for folder in ("input/config", "input/data/plan", "input/data/train"):
        (base / folder).mkdir(parents=True)
    estimator = plan.tuning_jobs[0].estimator
    request = {
        "tunedrop_job": "tune",
        "tunedrop_estimator": estimator.key,
        **estimator.fixed,
        **HYPERPARAMETERS,
    }
    (base / "input/config/hyperparameters.json").write_text(json.dumps(request))
    (base / "input/data/plan/plan.json").write_text(plan.model_dump_json())
    shutil.copy(PENGUINS, base / "input/data/train")
    done = subprocess.run(
        [sys.executable, "-m", "sklearn_trainer", "train"],
        env={
            **os.environ,
            "PYTHONPATH": "training_container:common",
            "SAGEMAKER_BASE_DIR": str(base),
        },
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    last = re.findall(r"validation:balanced_accuracy=([^;]+);", done.stdout)[-1]
    return float(last)


def test_the_documented_code_reproduces_the_objective_of_a_training_job(tmp_path: Path) -> None:
    plan = _plan()
    objective = _train(plan, tmp_path / "ml")
    run = tmp_path / "run"
    run.mkdir()
    (run / "plan.json").write_text(plan.model_dump_json())
    job = {
        "name": "best",
        "estimator": "random_forest",
        "hyperparameters": HYPERPARAMETERS,
        "objective": objective,
    }
    results = {"best_training_job": "best", "training_jobs": [{**job, "name": "other"}, job]}
    (run / "results.json").write_text(json.dumps(results))

    page = (ROOT / "docs/training-container.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (code,) = [block for block in blocks if "cross_validate(" in block]
    placed = re.sub(r'Path\("tunedrop-runs/[^"]*"\)', f"Path({str(run)!r})", code)
    assert placed != code
    done = subprocess.run(
        [sys.executable, "-c", placed],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    reproduced, documented = map(float, done.stdout.split())
    assert documented == objective
    assert reproduced == objective
    assert 0.5 < objective <= 1.0
