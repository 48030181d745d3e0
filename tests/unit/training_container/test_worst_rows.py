"""The rows that were predicted worst are named by their numbers, by their values where allowed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.evaluation.predictions import Predicted
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.errors import worst_rows
from tests.support.training.contender_predictions import predicted, predictions, scored_rows

ROWS = 60
X = pd.DataFrame(
    {
        "size": np.where(np.arange(ROWS) % 4 == 0, np.nan, np.arange(ROWS) / 2),
        "seen": pd.date_range("2026-01-01", periods=ROWS, tz="UTC"),
        "sex": pd.array(["f", "m"] * (ROWS // 2), dtype="str"),
    },
    index=np.arange(999, 999 + ROWS),
)


def prices() -> ContenderPredictions:
    """Row 7 is 90 off, row 3 is 50 off, in the first repeat alone."""
    y = np.arange(ROWS, dtype=float)
    scored = scored_rows(ROWS, 4)
    guess = y[scored.rows]
    guess[(scored.rows == 7) & (scored.repeats == 0)] -= 90
    guess[(scored.rows == 3) & (scored.repeats == 0)] += 50
    return predictions(y, {"tuned:model": predicted(guess[:, None], "values")}, scored=scored)


def test_the_worst_rows_are_named_by_their_numbers_alone() -> None:
    worst = worst_rows(prices(), X, show=False)
    assert [(row.number, row.error) for row in worst] == [(1007, 90.0), (1003, 50.0)]
    assert all(row.values == {} for row in worst)
    assert {row.actual for row in worst} == {row.predicted for row in worst} == {None}


def test_their_values_are_shown_where_the_deployment_shows_rows() -> None:
    first, second = worst_rows(prices(), X, show=True)
    assert first.values == {"size": 3.5, "seen": "2026-01-08T00:00:00+00:00", "sex": "m"}
    assert (first.actual, first.predicted) == (7.0, -83.0)
    assert second.values["size"] == 1.5
    assert (second.actual, second.predicted) == (3.0, 53.0)


@pytest.mark.parametrize("classes", [["no", "yes"], ["a", "b", "c"]])
def test_of_wrong_classes_the_least_probable_true_ones_are_first(classes: list[str]) -> None:
    draw = np.random.default_rng(2)
    y = draw.integers(0, len(classes), ROWS)
    scored = scored_rows(ROWS, 1)
    values = draw.dirichlet(np.ones(len(classes)), ROWS).astype(np.float32)
    stored = values[:, 1:] if len(classes) == 2 else values
    tuned = predicted(stored, "probabilities")
    worst = worst_rows(
        predictions(y, {"tuned:model": tuned}, classes=classes, scored=scored),
        X,
        show=False,
    )
    wrong = values.argmax(axis=1) != y
    off = np.where(wrong, 1 - values[np.arange(ROWS), y], 0)
    assert [row.error for row in worst] == pytest.approx(sorted(off, reverse=True)[:10])
    assert worst[0].number == 1000 + int(off.argmax())


def test_rows_that_are_right_are_not_among_the_worst() -> None:
    y = np.arange(ROWS) % 2
    scored = scored_rows(ROWS, 2)
    labels = y[scored.rows].astype(np.int32)
    labels[scored.rows == 5] = 0
    tuned = Predicted("labels", labels, np.empty((len(labels), 0), dtype=np.float32))
    classified = predictions(y, {"tuned:model": tuned}, classes=["no", "yes"], scored=scored)
    (only,) = worst_rows(classified, X, show=True)
    assert (only.number, only.error, only.actual, only.predicted) == (1005, 1.0, "yes", "no")
