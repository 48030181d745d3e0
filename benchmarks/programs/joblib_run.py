"""Repeats the cross-validations of a run's training jobs by joblib, in one process.

`joblib_run.py RUN DATASET WORKERS`: RUN is the output of drop_to_report.py.
"""

import json
import sys
import time
from pathlib import Path

import joblib
from sklearn.model_selection import cross_val_score

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import load
from sklearn_trainer.data.folds import make_folds
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline

run, dataset_folder, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
training_jobs = json.loads((run / "results.json").read_text())["training_jobs"]
channels = run / "input" / "data"
channels.mkdir(parents=True, exist_ok=True)
for name, folder in (("plan", run), ("train", dataset_folder)):
    if not (channels / name).exists():
        (channels / name).symlink_to(folder)

started = time.perf_counter()
folders, job_warnings = Folders(run), JobWarnings()
plan = folders.read_plan()
dataset = load(plan, folders, job_warnings)
folds = make_folds(dataset.train.splits(plan), plan.cross_validation, job_warnings)
estimator = plan.estimator(training_jobs[0]["estimator"])
cross_validate = joblib.delayed(cross_val_score)
X, y = dataset.train.X, dataset.train.y
tasks = []
for job in training_jobs:
    values = {**estimator.fixed, **job["hyperparameters"]}
    pipeline = build_pipeline(dataset.schema, estimator, values, task=plan.task, seed=plan.seed)
    tasks.append(cross_validate(pipeline, X, y, cv=folds, scoring=plan.metric.objective))
scores = joblib.Parallel(n_jobs=workers)(tasks)
best = max(float(fold_scores.mean()) for fold_scores in scores)
print(json.dumps({"seconds": time.perf_counter() - started, "score": best}))
