from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.row_loss import row_loss
from sklearn_trainer.explanation.worst_rows import worst
from tests.support.training.contender_predictions import predicted, predictions, scored_rows

ROWS = 60
NUMBERS = np.arange(1000, 1000 + ROWS)
X = pd.DataFrame(
    {
        "size": np.where(np.arange(ROWS) % 4 == 0, np.nan, np.arange(ROWS) / 2),
        "seen": pd.date_range("2026-01-01", periods=ROWS, tz="UTC"),
        "sex": pd.array(["f", "m"] * (ROWS // 2), dtype="str"),
    }
)


def prices() -> ContenderPredictions:
    """Row 7 is 90 off in half of the repeats, row 3 is 50 off in all."""
    y = np.arange(ROWS, dtype=float)
    scored = scored_rows(ROWS, 4)
    guess = y[scored.rows]
    guess[(scored.rows == 7) & (scored.repeats < 2)] -= 90
    guess[scored.rows == 3] += 50
    return predictions(y, {"winner": predicted(guess[:, None], "values")}, scored=scored)


def test_the_worst_rows_are_named_by_their_numbers_alone() -> None:
    found = worst(prices(), X, NUMBERS, show=False)
    assert [(each.number, each.loss) for each in found] == [(1007, 4050.0), (1003, 2500.0)]
    assert all(each.values == {} for each in found)
    assert {each.actual for each in found} == {each.predicted for each in found} == {None}


def test_their_values_are_shown_where_the_deployment_shows_rows() -> None:
    first, second = worst(prices(), X, NUMBERS, show=True)
    assert first.values == {"size": 3.5, "seen": "2026-01-08T00:00:00+00:00", "sex": "m"}
    assert (first.actual, first.predicted) == (7.0, -38.0)
    assert second.values["size"] == 1.5
    assert (second.actual, second.predicted) == (3.0, 53.0)


@pytest.mark.parametrize("classes", [["no", "yes"], ["a", "b", "c"]])
def test_a_rows_loss_is_its_log_loss_over_all_repeats(classes: list[str]) -> None:
    draw = np.random.default_rng(2)
    y = draw.integers(0, len(classes), ROWS)
    scored = scored_rows(ROWS, 3)
    values = draw.dirichlet(np.ones(len(classes)), len(scored.rows)).astype(np.float32)
    given = values[:, 1:] if len(classes) == 2 else values
    winner = predicted(given, "probabilities")
    losses = row_loss(predictions(y, {"winner": winner}, classes=classes, scored=scored))
    assert losses.name == "log loss"
    for repeat in (0, 5):
        assert losses.rows[repeat] == repeat
        its = scored.rows == repeat
        expected = log_loss(y[scored.rows][its], values[its], labels=range(len(classes)))
        assert losses.loss[repeat] == pytest.approx(expected, rel=1e-5)


def test_a_sure_mistake_costs_a_lot_and_not_everything() -> None:
    y, scored = np.zeros(ROWS, dtype=np.int64), scored_rows(ROWS, 1)
    sure = predicted(np.ones((ROWS, 1)), "probabilities")
    losses = row_loss(predictions(y, {"winner": sure}, classes=["no", "yes"], scored=scored))
    assert losses.loss == pytest.approx(np.full(ROWS, -np.log(np.finfo(np.float32).eps)))


def test_rows_that_are_never_wrong_are_not_among_the_worst() -> None:
    y = np.arange(ROWS) % 2
    scored = scored_rows(ROWS, 2)
    labels = y[scored.rows].astype(np.int32)
    labels[scored.rows == 5] = 0
    labels[(scored.rows == 8) & (scored.repeats == 1)] = 1
    winner = Predicted("labels", labels, np.empty((len(labels), 0), dtype=np.float32))
    found = predictions(y, {"winner": winner}, classes=["no", "yes"], scored=scored)
    assert row_loss(found).name == "share of errors"
    first, second = worst(found, X, NUMBERS, show=True)
    assert (first.number, first.loss, first.actual, first.predicted) == (1005, 1.0, "yes", "no")
    assert (second.number, second.loss, second.actual) == (1008, 0.5, "no")
