"""The parts of the explanation: each within its time, and none that can fail the job."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sklearn_trainer.contract import read_plan
from sklearn_trainer.errors import FitError
from sklearn_trainer.evaluation.contenders import Scored
from sklearn_trainer.explanation.steps import ExplanationSteps, compute_time_limit
from tests.support.training import fruit, jobs
from tests.support.training.explained_models import explained_model_of, noise
from tunedrop_common.explanation import Duplicates
from tunedrop_common.model_errors import Bar

FOUND = Duplicates(rows=1, conflicting=0, test_rows_in_training=0)


def refuses() -> None:
    raise FitError(
        "Ridge could not be fitted. scikit-learn says: 17.5", "Ridge could not be fitted"
    )


def finds_no_number() -> Bar:
    return Bar(low=0.0, high=float("inf"), rows=1)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (refuses, "It failed: Ridge could not be fitted."),
        (finds_no_number, "It failed: an unexpected ValidationError."),
    ],
)
def test_a_part_that_fails_is_excluded_and_named_and_the_next_one_is_there(
    function: Callable[[], object], reason: str
) -> None:
    steps = ExplanationSteps(60)
    assert steps.run("segments", function) is None
    assert steps.run("duplicates", lambda: FOUND) == FOUND
    assert [(skipped.step, skipped.reason) for skipped in steps.skipped] == [("segments", reason)]


def test_a_part_ends_with_the_time_that_is_left_and_those_after_it_do_not_begin() -> None:
    steps = ExplanationSteps(0.3)
    began = time.monotonic()
    assert steps.run("importance", lambda: time.sleep(60)) is None
    assert steps.run("shift", lambda: FOUND) is None
    assert time.monotonic() - began < 20
    assert [skipped.reason for skipped in steps.skipped] == [
        "It failed: it was not done within 0.3 seconds.",
        "No time was left.",
    ]


def test_a_part_that_would_take_longer_than_is_left_does_not_begin() -> None:
    steps = ExplanationSteps(10)
    assert steps.run("importance", lambda: FOUND, expected=12.34) is None
    assert steps.run("shift", lambda: FOUND, expected=5) == FOUND
    assert steps.run("importance", lambda: FOUND, expected=25_230) is None
    first, second = (skipped.reason for skipped in steps.skipped)
    assert first == "It was expected to take 12.3 seconds, and 10 were left."
    assert second.startswith("It was expected to take 25,230 seconds")


@pytest.mark.parametrize(
    ("share", "scoring", "so_far", "final_fit", "expected"),
    [
        (1.0, 80.0, 100.0, 1.0, 80.0),  # as long as scoring took
        (0.5, 80.0, 100.0, 1.0, 40.0),
        (0.0, 80.0, 100.0, 1.0, 0.0),
        (0.5, 2.0, 5.0, 0.1, 10.0),  # at least 20 seconds count
        (9.0, 80.0, 100.0, 10.0, 410.0),  # 540 of 600, without what is over and the final fit
        (1.0, 80.0, 500.0, 10.0, 10.0),
        (1.0, 80.0, 580.0, 10.0, 0.0),
    ],
)
def test_the_explanation_has_a_share_of_the_time_and_leaves_room_for_the_final_fit(
    share: float, scoring: float, so_far: float, final_fit: float, expected: float
) -> None:
    plan = read_plan(jobs.plan(fruit.columns(), report={"explanation_time_ratio": share}))
    seconds = compute_time_limit(plan, scoring=scoring, so_far=so_far, final_fit=final_fit)
    assert seconds == pytest.approx(expected)


def test_refits_are_expected_to_go_at_the_pace_of_the_scoring() -> None:
    # Two folds at a time: ten folds of 3 + 1 seconds took 20.
    draw = np.random.default_rng(1)
    explained = explained_model_of(noise(40, 1), draw.normal(size=40))
    scored = Scored({"r2": (0.5,) * 10}, {}, 3.0, score_seconds=1.0, seconds=20.0)
    explained = replace(explained, scored=scored)
    assert explained.estimate_seconds(10) == pytest.approx(20)
    assert explained.estimate_seconds(10, scorings=5) == pytest.approx(15 + 25)
    assert explained.estimate_seconds(4, share=0.5) == pytest.approx(4 * (0.75 + 0.5))
