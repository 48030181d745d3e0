"""The contenders of Confirm, but for the ensemble, and how one of them is scored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn_trainer.contract import Request
from sklearn_trainer.data.dataset import Dataset, Portion
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.data.values import Mask
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.evaluate import classes_of, fit, score_folds
from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.evaluation.responses import answering_once, predictions_of
from sklearn_trainer.evaluation.scoring import Scorer, response_methods, score, score_optional
from sklearn_trainer.evaluation.verdict import BASELINE, CHAMPION, DEFAULTS, TUNED
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.ensemble import build_ensemble, ensemble_plan
from sklearn_trainer.model.estimators import find_estimator, required_parameters
from sklearn_trainer.model.hyperparameters import make_estimator
from sklearn_trainer.model.pipeline import Pipeline, build_dummy, build_pipeline
from sklearn_trainer.model.preprocessing import PREFIX
from sklearn_trainer.process.threads import limit_threads
from sklearn_trainer.schema import Schema
from tunedrop_common.plan import ChampionMember, EstimatorPlan, Plan

_BASELINE_PLAN = EstimatorPlan(key=BASELINE, class_path="", fixed={}, ranges={})


@dataclass(frozen=True)
class Contender:
    """An estimator and its hyperparameters, as strings; or an ensemble of several.

    Parameters
    ----------
    members
        Of an ensemble; its own estimator only stands for them.
    """

    name: str
    estimator: EstimatorPlan
    hyperparameters: dict[str, str]
    members: tuple[ChampionMember, ...] = ()

    def pipeline(self, plan: Plan, schema: Schema) -> Pipeline:
        """Return the unfitted pipeline."""
        if self.name == BASELINE:
            return build_dummy(plan.task)
        if self.members:
            return build_ensemble(schema, self.members, task=plan.task, seed=plan.seed)
        return build_pipeline(
            schema, self.estimator, self.hyperparameters, task=plan.task, seed=plan.seed
        )


@dataclass(frozen=True)
class Scored:
    """A contender's scores on the fresh folds and on the test rows.

    Parameters
    ----------
    scores, test_score
        Of the objective.
    fit_seconds, score_seconds
        Of a fold, in the mean.
    seconds
        Of all folds, several of which may have been scored at a time.
    others, test_others
        The plan's other metrics by name; NaN where one is not defined.
    predicted
        Of the rows that were kept, fold after fold.
    test_predicted
        Of the test rows.
    """

    scores: tuple[float, ...]
    test_score: float | None
    fit_seconds: float
    job_warnings: tuple[str, ...]
    score_seconds: float = 0.0
    seconds: float = 0.0
    others: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    test_others: Mapping[str, float] = field(default_factory=dict)
    predicted: Predicted | None = None
    test_predicted: Predicted | None = None


@dataclass(frozen=True)
class Result:
    """How a contender did: its scores, or the reason why it has none."""

    contender: Contender
    scored: Scored | None
    reason: str = ""


def contenders_of(request: Request, plan: Plan) -> list[Contender]:
    """Return the contenders but for the ensemble, the champion last.

    What the dataset's configuration fixed holds for all of them: any may be selected.
    """
    estimators = {job.estimator.key: job.estimator for job in plan.tuning_jobs}
    found = [Contender(BASELINE, _BASELINE_PLAN, {})]
    found += [
        Contender(f"{DEFAULTS}{key}", each, _needed(each, plan)) for key, each in estimators.items()
    ]
    found += [
        Contender(f"{TUNED}{key}", plan.estimator(key), {**plan.estimator(key).fixed, **tuned})
        for key, tuned in request.tuned.items()
    ]
    champion = plan.confirm.champion
    if champion and champion.members:
        found.append(Contender(CHAMPION, ensemble_plan(plan.task), {}, champion.members))
    elif champion:
        hyperparameters = {**champion.estimator.fixed, **champion.hyperparameters}
        found.append(Contender(CHAMPION, champion.estimator, hyperparameters))
    return found


def _needed(estimator: EstimatorPlan, plan: Plan) -> dict[str, str]:
    """Return what was asked for, and without what it cannot be made, or cannot be scored."""
    kind = find_estimator(estimator.class_path, plan.task)
    required, chosen = set(required_parameters(kind)), estimator.fixed_by_config
    kept = required | {*chosen, *(name.partition("__")[0] for name in chosen)}
    needed = {name: text for name, text in estimator.fixed.items() if name in kept}
    if not required <= needed.keys():
        return needed
    own = {n: text for n, text in needed.items() if not n.startswith(PREFIX)}
    model = make_estimator(kind, own, task=plan.task, seed=plan.seed)
    scorable = any(hasattr(model, each) for each in response_methods(plan.metric.objective))
    return needed if scorable else estimator.fixed


def score_contender(
    contender: Contender,
    plan: Plan,
    dataset: Dataset,
    folds: Sequence[Fold],
    scorers: Mapping[str, Scorer],
    keep: Mask | None = None,
) -> Scored:
    """Score one contender on all folds, then, fitted to all training rows, on the test rows.

    Parameters
    ----------
    scorers
        Of all metrics, of which the objective alone has to have a value.
    keep
        Of the training rows, those whose predictions are kept.
    """
    job_warnings = JobWarnings()
    metric = plan.metric.objective
    objective, others = split_scorers(scorers, metric)
    pipeline = contender.pipeline(plan, dataset.schema)
    limit_threads(dataset.X.size)
    X, y, weights = dataset.X, dataset.y, dataset.weights
    started = time.perf_counter()
    scored = list(
        score_folds(
            pipeline, X, y, folds, objective, job_warnings, weights, optional=others, keep=keep
        )
    )
    seconds = time.perf_counter() - started
    tested: dict[str, float] = {}
    test, test_predicted = dataset.test, None
    if test is not None:
        fitted = answering_once(fit(pipeline, X, y, job_warnings, weights), test.X)
        tested = score_test_rows(fitted, test.X, test, scorers, metric, job_warnings)
        test_predicted = predictions_of(fitted, test.X, classes_of(y))
    return Scored(
        scores=tuple(fold.values[metric] for fold in scored),
        test_score=tested.pop(metric, None),
        fit_seconds=sum(fold.fit_seconds for fold in scored) / len(scored),
        job_warnings=tuple(f"{contender.name}: {sentence}" for sentence in job_warnings.sentences),
        score_seconds=sum(fold.score_seconds for fold in scored) / len(scored),
        seconds=seconds,
        others={name: tuple(fold.values[name] for fold in scored) for name in others},
        test_others=tested,
        predicted=Predicted.joined([fold.predicted for fold in scored]),
        test_predicted=test_predicted,
    )


def split_scorers(
    scorers: Mapping[str, Scorer], metric: str
) -> tuple[dict[str, Scorer], dict[str, Scorer]]:
    """Return the objective's scorer, which has to have a value, and the others."""
    others = {name: scorer for name, scorer in scorers.items() if name != metric}
    return {metric: scorers[metric]}, others


def score_test_rows(
    model: Any,
    X: Any,
    test: Portion,
    scorers: Mapping[str, Scorer],
    metric: str,
    job_warnings: JobWarnings,
) -> dict[str, float]:
    """Return a fitted model's scores, without the objective's where it has none.

    Parameters
    ----------
    X
        The test rows as the model takes them.
    """
    objective, others = split_scorers(scorers, metric)
    found = score_optional(model, X, test.y, others, test.row_columns.weights)
    try:
        with job_warnings.library_warnings():
            found |= score(model, X, test.y, objective, test.row_columns.weights)
    except FitError:  # the folds decide; a test of one row or one class must not undo the run
        job_warnings.add(f"{metric} is not defined for these test rows, so there is no test score.")
    return found
