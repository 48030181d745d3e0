"""Rows that are there more than once are counted exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sklearn_trainer.explanation.duplicates import find_duplicates
from tests.support.training.explained_models import steps_within
from tests.support.training.jobs import estimator
from tests.support.training.tables import TARGET, explained_model_of


def _table(rows: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    table = pd.DataFrame({"size": draw.normal(size=rows).round(6)})
    table["colour"] = draw.choice(["red", "green", ""], rows)
    table["day"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(draw.integers(0, 999, rows), "h")
    table[TARGET] = np.where(table["size"] + draw.normal(size=rows) > 0, "yes", "no")
    return table


def test_duplicates_are_counted_exactly(tmp_path: Path) -> None:
    table, test = _table(100, 1), _table(60, 2)
    conflicting = table.iloc[:4].assign(
        target=lambda rows: rows[TARGET].map({"yes": "no", "no": "yes"})
    )
    train = pd.concat([table, table.iloc[10:17], table.iloc[10:13], conflicting])
    test = pd.concat([test, table.iloc[40:45], table.iloc[:1]])
    duplicates: Any = find_duplicates(*explained_model_of(tmp_path, train, test), steps_within())
    assert (duplicates.rows, duplicates.conflicting) == (10, 8)
    assert duplicates.test_rows_in_training == 6
    assert 0.0 <= duplicates.test_score_without <= 1.0


def test_memorized_rows_make_a_score_and_are_excluded_of_another(tmp_path: Path) -> None:
    """The target is noise, so that a tree that knows a row's double is right by that alone."""
    draw = np.random.default_rng(3)
    noise = _table(150, 4).assign(target=draw.choice(["yes", "no"], 150))
    explained, predictions = explained_model_of(
        tmp_path,
        pd.concat([noise, noise, noise]),
        pd.concat([noise.iloc[:50], _table(50, 5).assign(target=draw.choice(["yes", "no"], 50))]),
        estimators=[estimator("tree", "sklearn.tree.DecisionTreeClassifier")],
    )
    duplicates: Any = find_duplicates(explained, predictions, steps_within())
    assert duplicates.rows == 300
    assert 0.2 < duplicates.test_score_without < 0.8
    without = duplicates.score_without
    low, high = without.interval
    assert low <= without.value <= high
    assert without.value < 0.8
