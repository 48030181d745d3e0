"""What of the winner's score is the luck of its choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import get_scorer
from sklearn.model_selection import RepeatedKFold

from sklearn_trainer.data.folds import Fold
from sklearn_trainer.ensembling.prediction_scores import Truth, score_of
from sklearn_trainer.ensembling.predictions_file import Entries
from sklearn_trainer.ensembling.selection import Score
from sklearn_trainer.ensembling.winners_luck import winners_luck

METRIC = "neg_root_mean_squared_error"
ROWS, CANDIDATES = 80, 10


def scored(truth: Truth) -> Score:
    return score_of(METRIC, get_scorer(METRIC), truth)


def fresh(seed: int, rows: int = ROWS) -> list[Fold]:
    splits = RepeatedKFold(n_splits=5, n_repeats=4, random_state=seed)
    return list(splits.split(np.zeros(rows)))


def luck(values: Any, truth: Truth, folds: list[Fold], rows: Any = None) -> tuple[float, ...]:
    """Return the luck of the best of these candidates."""
    score = scored(truth)
    winner = int(np.argmax([score(each) for each in values]))
    rows = np.arange(len(truth.actual)) if rows is None else rows
    return winners_luck(winner, values, entries(rows, truth), truth, folds, scored)


def entries(rows: Any, truth: Truth) -> Entries:
    return Entries(rows.astype(np.int32), truth.folds.astype(np.int32))


def truth_of(actual: Any) -> Truth:
    return Truth(actual, np.arange(len(actual)) % 5, None, None)


def test_of_candidates_that_are_equally_good_all_that_the_best_is_ahead_by_is_luck() -> None:
    found, ahead = [], []
    for seed in range(60):
        draw = np.random.default_rng(seed)
        truth = truth_of(draw.normal(size=ROWS))
        values = draw.normal(size=(CANDIDATES, ROWS, 1)).astype(np.float32)
        scores = [scored(truth)(each) for each in values]
        ahead.append(max(scores) - np.mean(scores))
        found.append(np.mean(luck(values, truth, fresh(seed)) or [0.0]))
    assert np.mean(found) == pytest.approx(np.mean(ahead), rel=0.25)


def test_where_one_is_better_whatever_rows_judge_there_is_none() -> None:
    draw = np.random.default_rng(0)
    truth = truth_of(draw.normal(size=ROWS))
    values = draw.normal(size=(CANDIDATES, ROWS, 1)).astype(np.float32)
    values[3, :, 0] = truth.actual + 0.1 * draw.normal(size=ROWS)
    assert luck(values, truth, fresh(0)) == ()


def test_rows_that_the_search_did_not_predict_say_nothing() -> None:
    draw = np.random.default_rng(1)
    rows = np.arange(ROWS // 2, ROWS)  # the early ones were never asked for
    truth = truth_of(draw.normal(size=len(rows)))
    values = draw.normal(size=(CANDIDATES, len(rows), 1)).astype(np.float32)
    early, late = np.arange(ROWS // 2), rows[: ROWS // 4]
    folds = [(early, late), (late, early), (rows[ROWS // 4 :], late)]
    assert luck(values, truth, folds, rows)[:2] in ((0.0, 0.0), ())


def test_a_fold_whose_score_is_not_defined_says_nothing() -> None:
    draw = np.random.default_rng(2)
    classes = np.arange(20) // 10
    truth = Truth(classes, np.arange(20) % 5, np.array([0, 1]), None)
    values = draw.random(size=(CANDIDATES, 20, 1)).astype(np.float32)
    folds = [(np.arange(5, 20), np.arange(5)), (np.arange(15), np.arange(15, 20))]

    def area(part: Truth) -> Score:
        return score_of("roc_auc", get_scorer("roc_auc"), part)

    for winner in range(CANDIDATES):
        found = winners_luck(winner, values, entries(np.arange(20), truth), truth, folds, area)
        assert np.isfinite(found).all()
