"""The contenders of Confirm except for the ensemble, and the scoring of one of them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn_trainer.contract import Request
from sklearn_trainer.data.dataset import Dataset, Portion
from sklearn_trainer.data.folds import Fold
from sklearn_trainer.evaluation.evaluate import fit, score_folds
from sklearn_trainer.evaluation.predictions import Predicted, predict, with_cached_answers
from sklearn_trainer.evaluation.scoring import Scorer, response_methods, score_optional
from sklearn_trainer.evaluation.verdict import BASELINE, CHAMPION, DEFAULTS, TUNED
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.model.estimators import find_estimator, required_parameters
from sklearn_trainer.model.hyperparameters import make_estimator
from sklearn_trainer.model.pipeline import (
    Pipeline,
    build_baseline,
    build_ensemble,
    build_pipeline,
    ensemble_plan,
)
from sklearn_trainer.model.preprocessing import PREFIX
from sklearn_trainer.process.resources import limit_threads
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
            return build_baseline(plan.task)
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
    metrics
        Of each fold, by the names of the plan's metrics, the objective first; NaN where another
        one is not defined.
    test_metrics
        Of the test rows, by the names of the metrics that are defined for them.
    fit_seconds, score_seconds
        Of a fold, in the mean.
    seconds
        Of all folds, several of which may have been scored at a time.
    predicted
        Of the folds' rows, fold after fold; of those that are kept, where not all are.
    test_predicted
        Of the test rows.
    """

    metrics: Mapping[str, tuple[float, ...]]
    test_metrics: Mapping[str, float]
    fit_seconds: float
    score_seconds: float = 0.0
    seconds: float = 0.0
    job_warnings: tuple[str, ...] = ()
    predicted: Predicted | None = None
    test_predicted: Predicted | None = None

    @property
    def objective(self) -> str:
        """The name of the objective."""
        return next(iter(self.metrics))

    @property
    def scores(self) -> tuple[float, ...]:
        """The objective's scores on the fresh folds."""
        return self.metrics[self.objective]

    @property
    def test_score(self) -> float | None:
        """The objective's score on the test rows; None where it has none."""
        return self.test_metrics.get(self.objective)


@dataclass(frozen=True)
class Result:
    """A contender with its scores, or the reason why it has none."""

    contender: Contender
    scored: Scored | None
    reason: str = ""


def scored_by_name(results: Sequence[Result]) -> dict[str, Scored]:
    """Return the contenders that could be scored."""
    return {result.contender.name: result.scored for result in results if result.scored}


def list_contenders(request: Request, plan: Plan) -> list[Contender]:
    """Return the contenders but for the ensemble, the champion last.

    What the dataset's configuration fixed holds for all of them: any may be selected.
    """
    contenders = [Contender(BASELINE, _BASELINE_PLAN, {})]
    for job in plan.tuning_jobs:
        key, hyperparameters = job.estimator.key, _required(job.estimator, plan)
        contenders.append(Contender(f"{DEFAULTS}{key}", job.estimator, hyperparameters))
    for key, tuned in request.tuned.items():
        estimator = plan.estimator(key)
        contenders.append(Contender(f"{TUNED}{key}", estimator, {**estimator.fixed, **tuned}))
    champion = plan.confirm.champion
    if champion and champion.members:
        contenders.append(Contender(CHAMPION, ensemble_plan(plan.task), {}, champion.members))
    elif champion:
        hyperparameters = {**champion.estimator.fixed, **champion.hyperparameters}
        contenders.append(Contender(CHAMPION, champion.estimator, hyperparameters))
    return contenders


def _required(estimator: EstimatorPlan, plan: Plan) -> dict[str, str]:
    """Return the hyperparameters that tuning.yaml fixes, or without which nothing can be scored."""
    kind = find_estimator(estimator.class_path, plan.task)
    required, chosen = set(required_parameters(kind)), estimator.fixed_by_config
    names = required | {*chosen, *(name.partition("__")[0] for name in chosen)}
    fixed = {name: text for name, text in estimator.fixed.items() if name in names}
    if not required <= fixed.keys():
        return fixed
    estimator_parameters = {
        name: text for name, text in fixed.items() if not name.startswith(PREFIX)
    }
    model = make_estimator(kind, estimator_parameters, task=plan.task, seed=plan.seed)
    is_scorable = any(hasattr(model, name) for name in response_methods(plan.metric.objective))
    return fixed if is_scorable else estimator.fixed


def score_contender(
    contender: Contender,
    plan: Plan,
    dataset: Dataset,
    folds: Sequence[Fold],
    scorers: Mapping[str, Scorer],
) -> Scored:
    """Score one contender on all folds, then, fitted to all training rows, on the test rows.

    Parameters
    ----------
    scorers
        Of all metrics, of which the objective alone has to have a value.
    """
    job_warnings = JobWarnings()
    objective = plan.metric.objective
    pipeline = contender.pipeline(plan, dataset.schema)
    limit_threads(dataset.train.X.size)
    started = time.perf_counter()
    folds_scored = list(
        score_folds(
            pipeline, dataset.train, folds, scorers, job_warnings, objective=objective, keep=True
        )
    )
    seconds = time.perf_counter() - started
    test_values: dict[str, float] = {}
    test, test_predicted = dataset.test, None
    if test is not None:
        model = with_cached_answers(fit(pipeline, dataset.train, job_warnings), test.X)
        test_values = score_test_rows(model, test, scorers, objective, job_warnings)
        test_predicted = predict(model, test.X, dataset.train.classes)
    return Scored(
        metrics={name: tuple(fold.value.scores[name] for fold in folds_scored) for name in scorers},
        test_metrics=test_values,
        fit_seconds=sum(fold.fit_seconds for fold in folds_scored) / len(folds_scored),
        score_seconds=sum(fold.seconds for fold in folds_scored) / len(folds_scored),
        seconds=seconds,
        job_warnings=tuple(f"{contender.name}: {sentence}" for sentence in job_warnings.sentences),
        predicted=Predicted.join([fold.value.predicted for fold in folds_scored]),
        test_predicted=test_predicted,
    )


def score_test_rows(
    model: Any,
    test: Portion,
    scorers: Mapping[str, Scorer],
    objective: str,
    job_warnings: JobWarnings,
) -> dict[str, float]:
    """Return a fitted model's scores, without the objective's where it has none."""
    values = score_optional(model, test, scorers)
    if math.isnan(values[objective]):  # of one row or one class; the folds decide
        del values[objective]
        job_warnings.add(
            f"{objective} is not defined for these test rows, so there is no test score."
        )
    return values
