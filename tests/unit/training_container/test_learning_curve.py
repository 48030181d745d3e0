"""Whether more rows would help: it is said where they do, and not where they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.learning_curve import measure_learning, sample_share
from tests.support.training.explained_models import (
    amount_of,
    explained_model_of,
    noise,
    steps_within,
)

ROWS = 200
X = noise(ROWS, 5)
AMOUNT = amount_of(X)


def curve_of(explained: ExplainedModel) -> Any:
    steps = steps_within()
    curve = measure_learning(explained, steps)
    assert curve is not None, steps.skipped
    return curve


def test_more_rows_help_where_they_do() -> None:
    wide = noise(150, 40, seed=5)
    y = wide.to_numpy().sum(axis=1) + np.random.default_rng(6).normal(size=150)
    explained = explained_model_of(wide, y, fixed={"alpha": "0.01"}, confirm={"repeats": 4})
    curve = curve_of(explained)
    assert curve.more_rows_help
    assert [(point.share, point.rows) for point in curve.points] == [
        (0.25, 30),
        (0.5, 60),
        (1, 120),
    ]
    values = [point.score.value for point in curve.points]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(np.mean(explained.scored.scores))


def test_more_rows_do_not_help_where_half_are_enough() -> None:
    single = noise(600, 1)
    plain = single["x0"].to_numpy() * 3
    noisy = plain + np.random.default_rng(7).normal(size=600)
    assert not curve_of(explained_model_of(single, noisy)).more_rows_help
    without_noise = curve_of(explained_model_of(single, plain))
    # each row still adds a little to Ridge
    assert without_noise.points[1].score.value < without_noise.points[2].score.value
    assert not without_noise.more_rows_help


SPLIT = {
    "shuffled": RowColumns(),
    "grouped": RowColumns(groups=np.arange(ROWS) // 10),
    "ordered": RowColumns(times=np.arange(ROWS)),
}


@pytest.mark.parametrize("kind", SPLIT)
def test_parts_of_the_rows_have_every_class_or_whole_groups_or_the_latest_rows(kind: str) -> None:
    y = np.where(np.arange(ROWS) % 25 == 0, "rare", np.where(AMOUNT > 0, "yes", "no"))
    explained = explained_model_of(X, y, "dummy", row_columns=SPLIT[kind])
    for train, _ in explained.fresh.folds:
        quarter, half = (sample_share(explained, train, share) for share in (0.25, 0.5))
        assert set(quarter) < set(train) > set(half)
        assert len(half) == pytest.approx(len(train) / 2, abs=10)
        if kind == "shuffled":
            assert set(y[quarter]) == {"rare", "yes", "no"}
        elif kind == "grouped":
            rest = np.setdiff1d(train, quarter)
            assert not set(quarter // 10) & set(rest // 10)
        else:
            assert quarter.tolist() == train[-len(quarter) :].tolist()


def test_folds_with_too_few_rows_for_a_part_of_them_are_excluded_of_the_curve() -> None:
    explained = explained_model_of(X[:90], AMOUNT[:90], row_columns=RowColumns(times=np.arange(90)))
    curve = curve_of(explained)
    long = [len(train) for train, _ in explained.fresh.folds if len(train) >= 40]
    assert len(long) < len(explained.fresh.folds)
    assert curve.points[2].rows == round(np.mean(long))


def test_too_few_rows_have_no_learning_curve() -> None:
    steps = steps_within()
    assert measure_learning(explained_model_of(X[:30], AMOUNT[:30]), steps) is None
    assert [skipped.reason for skipped in steps.skipped] == [
        "There are too few rows to train on a share of them."
    ]
