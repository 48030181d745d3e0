"""Makes the folder of a training job as SageMaker would, for the training container to run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CV_SEED, SEED = 7, 11


def write_job(
    base: Path,
    data: Path,
    *,
    columns: Mapping[str, str],
    class_path: str,
    hyperparameters: Mapping[str, str],
    folds: int = 5,
    metric: str = "balanced_accuracy",
    channel: str = "train",
) -> Path:
    """Write hyperparameters, plan and channel; return the job's base folder.

    Parameters
    ----------
    data
        The training file, CSV or Parquet; it is linked into the channel.
    columns
        Each column's kind, in the plan's words; the last one is the target.
    """
    shutil.rmtree(base, ignore_errors=True)
    config, inputs = base / "input" / "config", base / "input" / "data"
    for folder in (config, inputs / "plan", inputs / channel, base / "model", base / "output"):
        folder.mkdir(parents=True)
    given = {"tunedrop_job": "tune", "tunedrop_estimator": "peer", **hyperparameters}
    (config / "hyperparameters.json").write_text(json.dumps(given))
    plan = plan_of(list(columns.items()), data, class_path, folds, metric)
    (inputs / "plan" / "plan.json").write_text(json.dumps(plan))
    (inputs / channel / data.name).hardlink_to(data)
    return base


def score_of(base: Path) -> dict[str, float]:
    """Return the mean of the objective that a finished job has left in tune.json."""
    content = json.loads((base / "output" / "data" / "tune.json").read_text())
    folds = next(iter(content["metrics"].values()))
    return {"score": sum(folds) / len(folds)}


def plan_of(
    columns: Sequence[tuple[str, str]], data: Path, class_path: str, folds: int, metric: str
) -> dict[str, Any]:
    """Make the plan of a classification; the last one of the columns is the target."""
    *features, (target, target_kind) = columns
    return {
        "version": 1,
        "dataset": "benchmark",
        "run_id": "20261123T225242Z-1a2b3c4d",
        "task": "classification",
        "data": {
            "format": "parquet" if data.suffix == ".parquet" else "csv",
            "csv": {"delimiter": ",", "encoding": "utf-8", "decimal": "."},
            "train": {
                "uri": "s3://bucket/inputs/",
                "files": [data.name],
                "bytes": data.stat().st_size,
                "copied": True,
                "versions": {},
            },
            "test": None,
            "columns": [
                *({"name": name, "kind": kind, "role": "feature"} for name, kind in features),
                {"name": target, "kind": target_kind, "role": "target"},
            ],
            "target": target,
            "rows": 1,
            "rows_exact": False,
        },
        "metric": {"objective": metric},
        "cross_validation": {"folds": folds, "stratified": True, "seed": CV_SEED},
        "final_test": {"kind": "none"},
        "seed": SEED,
        "tuning_jobs": [
            {
                "name": "td",
                "estimator": {"key": "peer", "class_path": class_path, "fixed": {}, "ranges": {}},
                "strategy": "Random",
                "max_training_jobs": 10,
                "max_parallel_training_jobs": 1,
                "max_runtime_seconds": 3600,
                "max_training_job_seconds": 600,
                "early_stopping": "Off",
                "random_seed": SEED,
            }
        ],
        "parallel_tuning_jobs": 1,
        "confirm": {
            "name": "tc",
            "folds": 5,
            "repeats": 1,
            "seed": 13,
            "max_seconds": 600,
            "max_seconds_per_contender": 600,
        },
        "instance": {"type": "ml.m5.large", "volume_gb": 10},
        "decisions": [],
    }
