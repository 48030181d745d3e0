"""Importance of hyperparameters: as Optuna's PED-ANOVA, and honest about few training jobs."""

from __future__ import annotations

import random
import warnings
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tests.support.report.synthetic_results import of_ranges, training_job
from tunedrop.report.charts.hyperparameter_importance import importance_chart, importance_shares
from tunedrop.report.results import Results

RANGES: dict[str, Any] = {
    "rate": {"kind": "continuous", "minimum": 1e-4, "maximum": 1.0, "scaling": "Logarithmic"},
    "share": {"kind": "continuous", "minimum": 0.0, "maximum": 1.0, "scaling": "Linear"},
    "depth": {"kind": "integer", "minimum": 1, "maximum": 12, "scaling": "Linear"},
    "leaves": {"kind": "integer", "minimum": 4, "maximum": 512, "scaling": "Logarithmic"},
    "rows": {"kind": "integer", "minimum": 1, "maximum": 900, "scaling": "Linear"},
    "kernel": {"kind": "categorical", "values": ["rbf", "poly", "linear"]},
}
DISTRIBUTIONS: dict[str, Any] = {
    "rate": FloatDistribution(1e-4, 1.0, log=True),
    "share": FloatDistribution(0.0, 1.0),
    "depth": IntDistribution(1, 12),
    "leaves": IntDistribution(4, 512, log=True),
    "rows": IntDistribution(1, 900),
    "kernel": CategoricalDistribution(["rbf", "poly", "linear"]),
}


def searched(amount: int, *, seed: int = 1, names: list[str] | None = None) -> Results:
    """Make a search whose objective follows `rate` and a little `kernel`."""
    chance = random.Random(seed)  # noqa: S311
    names = names or list(RANGES)
    jobs = []
    for number in range(1, amount + 1):
        rate, kernel = 10 ** chance.uniform(-4, 0), chance.choice(["rbf", "poly", "linear"])
        tuned = {
            "rate": repr(rate), "share": repr(chance.random()), "kernel": kernel,
            "depth": str(chance.randint(1, 12)), "rows": str(chance.randint(1, 900)),
            "leaves": str(round(2 ** chance.uniform(2, 9))),
        }  # fmt: skip
        objective = 1 - abs(rate - 0.03) - 0.01 * (kernel == "poly") + chance.gauss(0, 0.002)
        tuned = {name: tuned[name] for name in names}
        jobs.append(training_job(number, objective, hyperparameters=tuned))
    results = of_ranges({name: RANGES[name] for name in names}, ())
    return results.model_copy(update={"training_jobs": tuple(jobs)})


def of_optuna(results: Results, direction: Any = "maximize") -> dict[str, float]:
    study = optuna.create_study(direction=direction)
    for job in results.training_jobs:
        values = {
            name: text
            if name == "kernel"
            else (int(text) if isinstance(DISTRIBUTIONS[name], IntDistribution) else float(text))
            for name, text in job.hyperparameters.items()
        }
        trial = optuna.trial.create_trial(
            params=values, distributions=DISTRIBUTIONS, value=job.objective
        )
        study.add_trial(trial)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )


def shares_of(results: Results) -> dict[str, float]:
    return importance_shares(results, results.estimators["boosting"])


@pytest.mark.parametrize(("amount", "seed"), [(20, 1), (24, 2), (50, 1), (50, 2), (200, 3)])
def test_shares_are_those_of_optunas_implementation(amount: int, seed: int) -> None:
    results = searched(amount, seed=seed)
    assert shares_of(results) == pytest.approx(of_optuna(results), abs=1e-9)


def test_a_metric_to_minimize_is_looked_at_from_its_low_end() -> None:
    results = searched(80).model_copy(update={"direction": "Minimize"})
    assert shares_of(results) == pytest.approx(of_optuna(results, "minimize"), abs=1e-9)


@pytest.mark.parametrize(("amount", "is_shown", "is_rough"), [
    (19, False, False), (20, True, True), (49, True, True), (50, True, False),
])  # fmt: skip
def test_the_caption_says_how_far_to_trust_the_chart(
    amount: int, is_shown: bool, is_rough: bool
) -> None:
    results = searched(amount)
    chart = importance_chart(results, results.estimators["boosting"], 0)
    assert (chart is not None) == is_shown
    assert ("rough hint" in (chart.caption if chart else "")) == is_rough


def test_nothing_is_shown_of_equal_objectives_or_a_single_hyperparameter() -> None:
    jobs = searched(60).training_jobs
    same = tuple(job.model_copy(update={"objective": 0.5}) for job in jobs)
    assert shares_of(searched(60).model_copy(update={"training_jobs": same})) == {}
    assert shares_of(searched(60, names=["rate"])) == {}


def test_stopped_and_unreadable_training_jobs_are_left_out() -> None:
    results = searched(60)
    unusable = (
        training_job(100, 0.99, status="Stopped", hyperparameters=dict.fromkeys(RANGES, "1")),
        training_job(101, 0.99, hyperparameters=dict.fromkeys(RANGES, "words")),
        training_job(102, 0.99, hyperparameters={}),
        training_job(103, None, hyperparameters=dict.fromkeys(RANGES, "1")),
    )
    more = results.model_copy(update={"training_jobs": results.training_jobs + unusable})
    assert shares_of(more) == shares_of(results)
