"""Repeats the cross-validations of a run's training jobs by joblib, in one process.

`joblib_run.py JOB WORKERS`, JOB being the folder that drop_to_report.py has left.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import joblib
from sklearn.model_selection import cross_val_score

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import Dataset, load
from sklearn_trainer.evaluation.folds import make_folds
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.notes import Notes
from tunedrop_common.plan import Plan

_NOT_THE_ESTIMATORS = ("_", "tunedrop_")


def main() -> None:
    """Read the data, cross-validate, and print the seconds and the best score."""
    folder, workers = Path(sys.argv[1]), int(sys.argv[2])
    tuned = json.loads((folder / "tuned.json").read_text())
    started = time.perf_counter()
    folders, notes = Folders(folder), Notes()
    plan = folders.read_plan()
    dataset = load(plan, folders, notes)
    folds = make_folds(dataset.train.splits(plan), plan.cross_validation, notes)
    scores = joblib.Parallel(n_jobs=workers)(
        joblib.delayed(cross_val_score)(
            _pipeline(plan, dataset, item["hyperparameters"]),
            dataset.train.X,
            dataset.train.y,
            cv=folds,
            scoring=plan.metric.objective,
        )
        for item in tuned
    )
    best = max(float(each.mean()) for each in scores)
    print(json.dumps({"seconds": time.perf_counter() - started, "score": best}))


def _pipeline(plan: Plan, dataset: Dataset, hyperparameters: dict[str, str]) -> Any:
    parameters = {
        name: value
        for name, value in hyperparameters.items()
        if not name.startswith(_NOT_THE_ESTIMATORS)
    }
    estimator = plan.estimator(hyperparameters["tunedrop_estimator"])
    return build_pipeline(dataset.schema, estimator, parameters, task=plan.task, seed=plan.seed)


if __name__ == "__main__":
    main()
