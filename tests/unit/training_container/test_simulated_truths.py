"""Confirm's verdict errs as rarely as it says, with real fits on data whose truth is known."""

from __future__ import annotations

import math

import pytest

from sklearn_trainer.comparison import ERROR_RATE
from tests.unit.training_container.simulated_truths import (
    BETTER,
    DRIFTING,
    FOUR_ALIKE,
    NONE_IS_BETTER,
    WORSE,
    Truth,
    rates,
)

FEW, MANY = 30, 300


def allowed(runs: int) -> float:
    """Return the stated rate, and three standard errors of a share of so many runs."""
    return ERROR_RATE + 3 * math.sqrt(ERROR_RATE * (1 - ERROR_RATE) / runs)


@pytest.mark.parametrize("kind", ["shuffled", "ordered"])
def test_luck_and_a_worse_challenger_hardly_ever_win(kind: str) -> None:
    memory = 0.9 if kind == "ordered" else 0.0
    for shares in (FOUR_ALIKE, (1.0, 0.8)):
        truth = Truth(shares, rows=100, kind=kind, memory=memory)  # type: ignore[arg-type]
        assert rates(truth, FEW).promoted <= allowed(FEW)


@pytest.mark.parametrize(("kind", "least"), [("shuffled", 0.95), ("ordered", 0.3)])
def test_a_challenger_that_is_much_better_wins(kind: str, least: float) -> None:
    found = rates(Truth((1.0, 3.0), rows=100, kind=kind), FEW)  # type: ignore[arg-type]
    assert found.promoted >= least
    assert found.wrongly == 0.0


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("truth", NONE_IS_BETTER.values(), ids=NONE_IS_BETTER)
def test_where_none_is_better_luck_wins_as_rarely_as_it_is_said(truth: Truth) -> None:
    assert rates(truth, MANY).promoted <= allowed(MANY)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("truth", DRIFTING.values(), ids=DRIFTING)
def test_under_a_drift_what_wins_is_better_in_what_comes(truth: Truth) -> None:
    found = rates(truth, MANY)
    assert found.wrongly <= allowed(MANY)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_worse_challengers_do_not_win_and_better_ones_do() -> None:
    for truth in WORSE.values():
        assert rates(truth, MANY).wrongly < 0.01
    assert rates(BETTER["shuffled"], MANY).promoted > 0.9
    assert rates(BETTER["in order"], MANY).promoted > 0.6
    assert rates(BETTER["in order, with a memory of 0.9"], MANY).promoted > 0.2
    for truth in BETTER.values():
        assert rates(truth, FEW).wrongly == 0.0
