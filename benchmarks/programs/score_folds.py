"""Scores a job's pipeline on its folds as a training job does, or by cross_validate."""

import json
import sys
import time

from sklearn.model_selection import cross_validate

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import load
from sklearn_trainer.evaluation.evaluate import score_folds
from sklearn_trainer.evaluation.folds import make_folds
from sklearn_trainer.evaluation.scoring import make_scorers
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.notes import Notes
from sklearn_trainer.process.threads import limit_threads

folders = Folders.from_environment()
plan, notes = folders.read_plan(), Notes()
dataset = load(plan, folders, notes)
pipeline = build_pipeline(
    dataset.schema, plan.estimator("peer"), {}, task=plan.task, seed=plan.seed
)
folds = make_folds(dataset.train.splits(plan), plan.cross_validation, notes)
scorers = make_scorers(plan.metric.names, dataset.y)
metric = plan.metric.objective

started = time.perf_counter()
if sys.argv[1] == "ours":
    limit_threads(dataset.X.size)
    found = score_folds(pipeline, dataset.X, dataset.y, folds, scorers, notes)
    scores = [fold.values[metric] for fold in found]
else:
    jobs = int(sys.argv[1])
    result = cross_validate(pipeline, dataset.X, dataset.y, cv=folds, scoring=metric, n_jobs=jobs)
    scores = result["test_score"].tolist()
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "score": sum(scores) / len(scores)}))
