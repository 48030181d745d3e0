"""Scores the ensemble by what its members predicted for the same rows: nothing is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sklearn_trainer.data.dataset import Dataset
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.evaluation.contenders import (
    Contender,
    Result,
    Scored,
    score_test_rows,
    split_scorers,
)
from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.evaluation.replayed import replayed
from sklearn_trainer.evaluation.scoring import Scorer, score, score_optional
from sklearn_trainer.evaluation.verdict import ENSEMBLE, TUNED
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.ensemble import ensemble_plan
from tunedrop_common.plan import ChampionMember, Plan


def members_of(results: Sequence[Result]) -> list[Result]:
    """Return the tuned models that were scored and have a mean: all but decisions and labels."""
    return [
        result
        for result in results
        if result.contender.name.startswith(TUNED)
        and result.scored
        and result.scored.predicted
        and result.scored.predicted.kind in ("probabilities", "values")
    ]


def ensemble_of(members: Sequence[Result], plan: Plan) -> Contender:
    """Return the ensemble of some tuned models."""
    return Contender(
        ENSEMBLE,
        ensemble_plan(plan.task),
        {},
        tuple(
            ChampionMember(
                estimator=member.contender.estimator,
                hyperparameters=member.contender.hyperparameters,
            )
            for member in members
        ),
    )


def score_ensemble(
    members: Sequence[Scored],
    dataset: Dataset,
    folds: Sequence[Fold],
    scorers: Mapping[str, Scorer],
    metric: str,
) -> Scored:
    """Score the mean of what the members predicted for all rows of the folds, and the test rows."""
    job_warnings = JobWarnings()
    objective, others = split_scorers(scorers, metric)
    y, weights = dataset.y, dataset.weights
    predicted = Predicted.mean([each.predicted for each in members if each.predicted])
    model, places = replayed(predicted, dataset.classes), _places(predicted)
    values: list[dict[str, float]] = []
    ends = np.cumsum([len(validation) for _, validation in folds])
    for (_, validation), rows in zip(folds, np.split(places, ends[:-1]), strict=True):
        counts = None if weights is None else weights[validation]
        found = score(model, rows, y[validation], objective, counts)
        values.append(found | score_optional(model, rows, y[validation], others, counts))
    tested: dict[str, float] = {}
    tests = [each.test_predicted for each in members if each.test_predicted]
    if dataset.test is not None and len(tests) == len(members):
        mean = Predicted.mean(tests)
        model, rows = replayed(mean, dataset.classes), _places(mean)
        tested = score_test_rows(model, rows, dataset.test, scorers, metric, job_warnings)
    return Scored(
        scores=tuple(each[metric] for each in values),
        test_score=tested.pop(metric, None),
        fit_seconds=sum(each.fit_seconds for each in members),
        job_warnings=tuple(f"{ENSEMBLE}: {sentence}" for sentence in job_warnings.sentences),
        score_seconds=sum(each.score_seconds for each in members),
        seconds=sum(each.seconds for each in members),
        others={name: tuple(each[name] for each in values) for name in others},
        test_others=tested,
        predicted=predicted,
    )


def _places(predicted: Predicted) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.arange(len(predicted.values))[:, np.newaxis]
