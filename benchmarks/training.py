"""The folder of a training job, as SageMaker makes it, for the benchmarks of the container."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.support.training.jobs import Job, column, estimator, plan

KEY = "peer"


def write_job(
    base: Path,
    data: Path,
    kinds: Mapping[str, str],
    class_path: str,
    hyperparameters: Mapping[str, str],
) -> Path:
    """Write hyperparameters, plan and channel; return the job's folder.

    Parameters
    ----------
    data
        The training file, CSV or Parquet; it is linked into the channel.
    kinds
        Each column's kind, in the plan's words; the last one is the target.
    """
    *features, target = kinds
    columns = [column(name, kinds[name]) for name in features]
    columns.append(column(target, kinds[target], "target"))
    content = plan(columns, estimators=[estimator(KEY, class_path)], file=data.name)
    content["cross_validation"]["folds"] = 5
    Job(base, content, dict(hyperparameters)).write()
    channel = base / "input/data/train"
    channel.mkdir()
    (channel / data.name).hardlink_to(data)
    return base


def score_of(base: Path) -> dict[str, float]:
    """Return the mean of the objective that a finished job has left in tune.json."""
    content = json.loads((base / "output/data/tune.json").read_text())
    folds = next(iter(content["metrics"].values()))
    return {"score": sum(folds) / len(folds)}
