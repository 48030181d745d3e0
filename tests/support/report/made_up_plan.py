"""Made-up plans of a run, and its run.json."""

from __future__ import annotations

from typing import Any

from tunedrop.report.results import RunRecord
from tunedrop_common.plan import Plan, read_plan

RUN_ID = "20261123T225242Z-1a2b3c4d"
CONFIRM_JOB = "tc-0a1b2c3d-0123456789"
TUNING_JOBS = ("td-0a1b2c3d-0123456789-0", "td-0a1b2c3d-0123456789-1")
HOSTILE = "</script><img src=x onerror=alert(1)>|`*_[a](http://b)@all\u2028<!--"
BUCKET = "tunedrop-data"
BOOSTING = {
    "key": "boosting",
    "class_path": "sklearn.ensemble.HistGradientBoostingClassifier",
    "fixed": {"max_iter": "50"},
    "ranges": {
        "learning_rate": {
            "kind": "continuous", "minimum": 0.01, "maximum": 1.0, "scaling": "Logarithmic",
        },
        "max_leaf_nodes": {"kind": "integer", "minimum": 4, "maximum": 64, "scaling": "Linear"},
    },
}  # fmt: skip
LINEAR = {
    "key": "linear",
    "class_path": "sklearn.linear_model.LogisticRegression",
    "fixed": {"max_iter": "1000"},
    "ranges": {
        "C": {"kind": "continuous", "minimum": 0.001, "maximum": 100.0, "scaling": "Logarithmic"},
        "class_weight": {"kind": "categorical", "values": ["None", "balanced"]},
    },
}


def make_plan(*, hostile: bool = False, **changes: Any) -> Plan:
    """Make a plan with two tuning jobs, a champion and a few columns."""
    end = HOSTILE if hostile else ""
    job = {
        "strategy": "Bayesian",
        "max_training_jobs": 10,
        "max_parallel_training_jobs": 2,
        "max_runtime_seconds": 3600,
        "max_training_job_seconds": 600,
        "early_stopping": "Auto",
        "random_seed": 7,
    }
    columns = [
        {"name": "width" + end, "kind": "numeric", "role": "feature"},
        {"name": "colour", "kind": "categorical", "role": "feature"},
        {"name": "id", "kind": "categorical", "role": "ignored", "reason": "an identifier" + end},
        {"name": "species" + end, "kind": "categorical", "role": "target"},
    ]
    return read_plan(
        {
            "dataset": "iris",
            "run_id": RUN_ID,
            "task": "classification",
            "data": {
                "format": "csv",
                "csv": {},
                "train": {
                    "uri": f"s3://{BUCKET}/inputs/iris/1a2b/",
                    "files": ["train.csv"],
                    "bytes": 4000,
                    "copied": True,
                    "versions": {},
                },
                "test": None,
                "columns": columns,
                "target": "species" + end,
                "rows": 150,
                "rows_exact": True,
            },
            "metric": {"objective": "balanced_accuracy"},
            "cross_validation": {"folds": 5, "stratified": True, "seed": 1},
            "final_test": {"kind": "fraction", "fraction": 0.2},
            "seed": 1,
            "tuning_jobs": [
                {"name": TUNING_JOBS[0], "estimator": BOOSTING, **job},
                {"name": TUNING_JOBS[1], "estimator": LINEAR, **job},
            ],
            "parallel_tuning_jobs": 2,
            "confirm": {
                "name": CONFIRM_JOB,
                "folds": 5,
                "repeats": 4,
                "seed": 2,
                "max_seconds": 1800,
                "max_seconds_per_contender": 300,
                "champion": {
                    "run_id": "20261122T225242Z-1a2b3c4d",
                    "estimator": LINEAR,
                    "hyperparameters": {"C": "0.8", "class_weight": "balanced"},
                },
            },
            "instance": {"type": "ml.m5.large", "volume_gb": 10},
            "decisions": ["The target is the last column" + end],
            "warnings": ["2 rows have no target" + end],
            **changes,
        }
    )


def make_run() -> RunRecord:
    """Make a run that a file started."""
    return RunRecord.model_validate(
        {
            "dataset": "iris",
            "run_id": RUN_ID,
            "digest": "1a2b",
            "execution": "arn:aws:states:eu-west-1:123456789012:execution:Tunedrop:8a6f",
            "trigger": {
                "kind": "object",
                "time": "2026-11-23T22:52:42Z",
                "key": "datasets/iris/train.csv",
            },
            "objects": [],
        }
    )
