"""The job `tune`: scores one set of hyperparameters by cross-validation, fold by fold.

After each fold it prints the running means, which SageMaker's early stopping reads; the last line
has the mean of all folds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sklearn_trainer.contract import Folders, Request
from sklearn_trainer.data.dataset import load
from sklearn_trainer.data.folds import fresh_folds, make_folds
from sklearn_trainer.evaluation.evaluate import FoldResult, FoldScore, score_folds
from sklearn_trainer.evaluation.scoring import make_scorers, note_unweighted
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.pipeline import build_pipeline
from sklearn_trainer.process.resources import limit_threads
from tunedrop_common.plan import Plan

TUNE_FILE = "tune.json"


def tune(request: Request, plan: Plan, folders: Folders) -> None:
    """Score the request's hyperparameters and write tune.json."""
    job_warnings = JobWarnings()
    dataset = load(plan, folders, job_warnings)
    pipeline = build_pipeline(
        dataset.schema,
        plan.estimator(request.estimator),
        request.hyperparameters,
        task=plan.task,
        seed=plan.seed,
    )
    scorers = make_scorers(plan.metric.names, dataset.train.y)
    if dataset.train.weights is not None:
        note_unweighted(scorers, job_warnings)
    splits = dataset.train.splits(plan)
    folds = make_folds(splits, plan.cross_validation, job_warnings)
    if plan.cross_validation.kind != "shuffled":
        # else Confirm fails on them, after all training jobs
        fresh_folds(splits, plan.confirm, JobWarnings())
    limit_threads(dataset.train.X.size)
    scored: list[FoldResult[FoldScore]] = []
    for fold in score_folds(pipeline, dataset.train, folds, scorers, job_warnings):
        scored.append(fold)
        print(format_progress(scored, len(folds)), flush=True)
    folders.write_output(
        TUNE_FILE,
        {
            "version": 1,
            "estimator": request.estimator,
            "hyperparameters": request.hyperparameters,
            "metrics": {name: [fold.value.scores[name] for fold in scored] for name in scorers},
            "fit_seconds": [round(fold.fit_seconds, 6) for fold in scored],
            "score_seconds": [round(fold.seconds, 6) for fold in scored],
            "rows": dataset.rows,
            "warnings": job_warnings.sentences,
        },
    )


def format_progress(scored: Sequence[FoldResult[FoldScore]], folds: int) -> str:
    """Return the line of docs/training-container.md: running means over the folds so far.

    `fold_spread` is the standard deviation of the objective's values.
    """
    means: dict[str, float] = {
        f"validation:{name}": float(np.mean([fold.value.scores[name] for fold in scored]))
        for name in scored[0].value.scores
    }
    objective = next(iter(scored[0].value.scores))  # the first
    spread = np.std([fold.value.scores[objective] for fold in scored])
    means["fold_spread"] = float(spread)
    means["fit_seconds"] = round(float(np.mean([fold.fit_seconds for fold in scored])), 6)
    means["score_seconds"] = round(float(np.mean([fold.seconds for fold in scored])), 6)
    means["folds_done"] = len(scored)
    text = " ".join(f"{name}={value!r};" for name, value in means.items())
    return f"fold={len(scored)}/{folds} {text}"
