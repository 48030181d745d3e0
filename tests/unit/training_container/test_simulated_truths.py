"""Confirm's verdict errs as rarely as it says, with real fits on data whose truth is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from sklearn_trainer.evaluation.comparison import ERROR_RATE
from tests.support.training.simulated_truths import (
    BETTER,
    DRIFTING,
    FITS_DIFFER,
    FOUR_ALIKE,
    NONE_IS_BETTER,
    NOTHING_TO_LEARN,
    SEARCHED,
    WORSE,
    Truth,
    balanced_accuracy,
    rates,
    roc_auc,
)

FEW, MANY = 30, 300


def allowed(runs: int) -> float:
    """Return the stated rate, and three standard errors of a share of so many runs."""
    return ERROR_RATE + 3 * math.sqrt(ERROR_RATE * (1 - ERROR_RATE) / runs)


@pytest.mark.parametrize("kind", ["shuffled", pytest.param("ordered", marks=pytest.mark.slow)])
def test_luck_and_a_worse_challenger_hardly_ever_win(kind: str) -> None:
    memory = 0.9 if kind == "ordered" else 0.0
    for shares in (FOUR_ALIKE, (1.0, 0.8)):
        truth = Truth(shares, rows=100, kind=kind, memory=memory)  # type: ignore[arg-type]
        assert rates(truth, FEW).promoted <= allowed(FEW)


def test_few_rows_and_coarse_scores_alone_do_not_raise_the_error() -> None:
    truth = Truth(FOUR_ALIKE, rows=30, estimator="fixed")
    assert rates(truth, 2 * FEW).promoted <= allowed(2 * FEW)


@pytest.mark.slow
def test_what_is_promoted_because_its_fit_is_better_here_is_better_in_what_comes() -> None:
    """Stumps: luck decides which feature each learns, on all folds, and in the model too."""
    found = rates(FITS_DIFFER["stumps, 60 rows"], 2 * FEW)
    assert found.promoted > ERROR_RATE
    assert found.wrongly <= ERROR_RATE


def test_the_quick_scores_are_scikit_learns() -> None:
    draw = np.random.default_rng(0)
    y, ranks = draw.integers(0, 2, size=40), draw.normal(size=40)
    assert roc_auc(y, ranks) == pytest.approx(roc_auc_score(y, ranks))
    predicted = (ranks > 0).astype(np.int64)
    expected = balanced_accuracy_score(y, predicted)
    assert balanced_accuracy(y, predicted) == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "least"), [("shuffled", 0.95), ("ordered", 0.6)])
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
@pytest.mark.parametrize("truth", FITS_DIFFER.values(), ids=FITS_DIFFER)
def test_where_fits_differ_what_wins_is_better_in_what_comes(truth: Truth) -> None:
    assert rates(truth, MANY).wrongly <= ERROR_RATE


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("truth", DRIFTING.values(), ids=DRIFTING)
def test_under_a_drift_what_wins_is_better_in_what_comes(truth: Truth) -> None:
    found = rates(truth, MANY)
    assert found.wrongly <= allowed(MANY)


@pytest.mark.parametrize("champion", [True, False])
def test_an_ensemble_of_models_that_err_differently_ships_and_is_better(champion: bool) -> None:
    truth = replace(SEARCHED["searched: six alike"], rows=100, champion=champion)
    found = rates(truth, FEW // 5)
    assert found.promoted >= 0.8
    assert found.wrongly == 0.0


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", [*NOTHING_TO_LEARN, *SEARCHED])
def test_what_ships_after_a_search_is_hardly_ever_no_better_in_what_comes(name: str) -> None:
    """The luckiest of a search, or its ensemble."""
    truth = (NOTHING_TO_LEARN | SEARCHED)[name]
    assert rates(truth, MANY).wrongly <= allowed(MANY)
    assert rates(replace(truth, combined=False), MANY).wrongly <= allowed(MANY)
    assert rates(replace(truth, champion=False), MANY).wrongly <= ERROR_RATE


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_worse_challengers_do_not_win_and_better_ones_do() -> None:
    for truth in WORSE.values():
        assert rates(truth, MANY).wrongly < ERROR_RATE / 2
    assert rates(BETTER["shuffled"], MANY).promoted > 0.9
    assert rates(BETTER["in order"], MANY).promoted > 0.75
    assert rates(BETTER["in order, with a memory of 0.9"], MANY).promoted > 0.35
    for truth in BETTER.values():
        assert rates(truth, FEW).wrongly == 0.0
