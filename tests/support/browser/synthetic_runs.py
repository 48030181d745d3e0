"""Runs of every kind that a page has to stand: few, many, failed, hostile, scored by an error."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.support.report.synthetic_explanations import explained, of_classes, of_numbers, scored_by
from tests.support.report.synthetic_plan import HOSTILE, make_plan
from tests.support.report.synthetic_results import (
    confirm_json,
    contender,
    ensemble_json,
    make_errors,
    make_results,
    of_ranges,
    training_job,
    training_jobs,
)
from tunedrop.report.results import Results

LONG = "a_rather_long_name_of_a_hyperparameter_that_goes_on_and_on"


def with_profile(amount: int, end: str = "") -> Results:
    """Make a run of which Confirm says what the data is."""
    profile = {
        "features": [
            {"name": "width" + end, "kind": "number", "missing": 3, "mean": 1.5,
             "standard_deviation": 0.25},
            {"name": "colour", "kind": "category", "missing": 0, "distinct": 4},
        ],
        "features_in_all": 2,
        "target": {"classes": [{"label": "setosa" + end, "rows": 80}], "classes_in_all": 2},
    }  # fmt: skip
    return make_results(amount, hostile=bool(end), confirm={"profile": profile})


def thirty(amount: int = 40) -> Results:
    """Make a run with thirty hyperparameters of all kinds."""
    chance = random.Random(5)  # noqa: S311
    number = {"kind": "continuous", "minimum": 1e-6, "maximum": 1000.0}
    ranges: dict[str, Any] = {}
    for index in range(0, 30, 3):
        values = [f"value {i}" for i in range(index % 9 + 2)]
        ranges[f"{LONG}_{index}"] = {"kind": "categorical", "values": values}
        ranges[f"parameter_{index + 1}"] = {**number, "scaling": "Logarithmic"}
        ranges[f"parameter_{index + 2}"] = {**number, "scaling": "Linear"}

    def draw(values: list[str] | None) -> str:
        return chance.choice(values) if values else repr(10 ** chance.uniform(-6, 3))

    tuned = (
        {name: draw(searched.get("values")) for name, searched in ranges.items()}
        for _ in range(amount)
    )
    return of_ranges(ranges, tuned)


def one_hyperparameter() -> Results:
    """Make a run with one hyperparameter."""
    ranges = make_plan().tuning_jobs[0].estimator.model_dump()["ranges"]
    return of_ranges(
        {"learning_rate": ranges["learning_rate"]},
        ({"learning_rate": repr(0.01 * i)} for i in range(1, 13)),
    )


def hostile() -> Results:
    """Make a run whose every name is HTML."""
    results = with_profile(30, HOSTILE)
    plan = results.plan.model_copy(update={"decisions": (HOSTILE * 3,)})
    return results.model_copy(update={"dataset": "iris" + HOSTILE, "plan": plan})


def hostile_hyperparameters() -> Results:
    """Make a run whose hyperparameters and their values are HTML and broken expressions."""
    name = HOSTILE + "\"'\\ datum.x]"
    values = [HOSTILE, "b", "c.d['e']"]
    ranges = {
        name: {"kind": "continuous", "minimum": 0.0, "maximum": 1.0, "scaling": "Linear"},
        "b[0].c": {"kind": "categorical", "values": values},
    }
    return of_ranges(ranges, ({name: repr(i / 20), "b[0].c": values[i % 3]} for i in range(1, 19)))


def no_numbers() -> Results:
    """Make a run in which NaN and infinity stood where numbers belong."""
    contenders = [
        contender("baseline", None, status="scored", interval=[math.nan, None]),
        contender("tuned:boosting", 0.9, interval=[-math.inf, math.inf], test_score=math.nan),
    ]
    jobs = tuple(training_job(i, [-3.4e38, None, 3.4e38, 1e-45][i % 4]) for i in range(1, 13))
    confirm = {**confirm_json(), "contenders": contenders}
    return make_results(jobs, confirm=confirm)


def long_failure() -> Results:
    """Make a run whose every training job failed with a long reason."""
    reason = "AlgorithmError: " + "x" * 300 + " could not be " + "fitted " * 40
    jobs = tuple(
        training_job(i, None, status="Failed", failure_reason=reason) for i in range(1, 13)
    )
    return make_results(jobs)


RUNS: dict[str, Callable[[], Results]] = {
    "an ensemble": lambda: make_results(40, confirm=ensemble_json()),
    "no training job": lambda: make_results(()),
    "1 training job": lambda: make_results((training_job(1),)),
    "2 training jobs": lambda: make_results((training_job(1), training_job(2, 0.91))),
    "no times": lambda: make_results(
        (training_job(1, created=None, started=None, ended=None, training_seconds=None),)
    ),
    "30 training jobs": lambda: with_profile(30),
    "one hyperparameter": one_hyperparameter,
    "thirty hyperparameters": thirty,
    "all failed": long_failure,
    "none with an objective": lambda: make_results(
        tuple(job.model_copy(update={"objective": None}) for job in training_jobs(12))
    ),
    "an error as the metric": lambda: make_errors(30),
    "NaN and infinity": no_numbers,
    "two classes explained": lambda: explained(
        make_results(12), of_classes(["no", "yes"]), contenders=scored_by("accuracy", "f1")
    ),
    "forty classes explained": lambda: explained(
        make_results(12), of_classes([f"class {place}" for place in range(40)])
    ),
    "a regression explained": lambda: explained(make_errors(12), of_numbers(unit=1000.0)),
    "hostile names explained": lambda: explained(
        make_results(12), of_classes(["a " * 80, "אבג", "👩‍👩‍👧‍👦" * 30], end=HOSTILE)
    ),
    "hostile names": hostile,
    "hostile hyperparameters": hostile_hyperparameters,
}
MANY: dict[str, Callable[[], Results]] = {
    "750 training jobs": lambda: make_results(750),
    "10,000 training jobs": lambda: make_results(10_000),
}


@cache
def run(name: str) -> Results:
    """Return a run by its name."""
    return (RUNS | MANY)[name]()
