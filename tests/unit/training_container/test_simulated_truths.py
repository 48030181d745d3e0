"""Confirm's verdict errs as rarely as it says, with real fits on data whose truth is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, r2_score, roc_auc_score

from sklearn_trainer.evaluation.comparison import ERROR_RATE
from tests.support.training.simulated_runs import check_models, rates
from tests.support.training.simulated_truths import (
    BETTER,
    TRUTHS,
    WORSE,
    Truth,
    balanced_accuracy,
    r2,
    roc_auc,
)

FEW, MANY = 20, 300
CHECKS = 504


def test_the_quick_scores_are_scikit_learns() -> None:
    draw = np.random.default_rng(0)
    y, values = draw.integers(0, 2, size=40), draw.random(size=40)
    assert r2(y, values) == pytest.approx(r2_score(y, values))
    assert roc_auc(y, values) == pytest.approx(roc_auc_score(y, values))
    expected = balanced_accuracy_score(y, values > 0.5)
    assert balanced_accuracy(y, values) == pytest.approx(expected)


def test_much_better_challengers_are_promoted_and_worse_ones_are_not() -> None:
    better = rates(replace(BETTER, later=0.95), FEW)
    assert better.promoted >= 0.7
    assert better.wrongly == 0.0
    worse = rates(replace(WORSE, later=0.2), FEW)
    assert (worse.promoted, worse.adversarial) == (0.0, 0.0)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("truth", [*TRUTHS.values(), WORSE], ids=[*TRUTHS, "worse"])
def test_what_is_promoted_or_combined_in_use_is_hardly_ever_no_better(truth: Truth) -> None:
    outcome = rates(truth, MANY)
    assert outcome.wrongly <= ERROR_RATE
    assert outcome.combined_wrongly <= ERROR_RATE


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_models_that_hold_are_hardly_ever_called_worse_and_others_are() -> None:
    holding = [truth for name, truth in TRUTHS.items() if "drifting" not in name]
    verdicts = sum((check_models(truth, CHECKS // len(holding)) for truth in holding), Counter())
    checked = verdicts.total() - verdicts["too few rows"]
    assert checked >= 0.9 * CHECKS
    assert verdicts["worse"] <= ERROR_RATE * checked
    assert check_models(Truth(quality=0.9), FEW, changed=True) == {"worse": FEW}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_better_challengers_are_promoted_as_often_as_it_is_said() -> None:
    assert rates(BETTER, MANY).promoted > 0.5
