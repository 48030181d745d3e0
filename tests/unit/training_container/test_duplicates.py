"""Rows that are there more than once are counted exactly, by the training job's own door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.explaining.predictions import Evidence, ScoredRows
from sklearn_trainer.judging.predicted import Predicted
from sklearn_trainer.judging.replayed import replayed
from sklearn_trainer.judging.scoring import make_scorers, score
from tests.support.training.forks import ForkServer
from tests.support.training.tables import TARGET, explained


def _table(rows: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    table = pd.DataFrame({"size": draw.normal(size=rows).round(6)})
    table["colour"] = draw.choice(["red", "green", ""], rows)
    table["day"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(draw.integers(0, 999, rows), "h")
    table[TARGET] = np.where(table["size"] + draw.normal(size=rows) > 0, "yes", "no")
    return table


def test_duplicates_are_counted_exactly(tmp_path: Path, fork_server: ForkServer) -> None:
    table, test = _table(100, 1), _table(60, 2)
    other = table.iloc[:4].assign(target=lambda rows: rows[TARGET].map({"yes": "no", "no": "yes"}))
    train = pd.concat([table, table.iloc[10:17], table.iloc[10:13], other])
    test = pd.concat([test, table.iloc[40:45], table.iloc[:1]])
    found = explained(tmp_path / "ml", fork_server, train, test)["trust"]["duplicates"]
    assert found["rows"] == 10
    assert found["conflicting"] == 8
    assert found["test_rows_in_training"] == 6
    assert 0.0 <= found["test_score_without"] <= 1.0


def test_a_table_without_doubles_has_none(tmp_path: Path, fork_server: ForkServer) -> None:
    found = explained(tmp_path / "ml", fork_server, _table(80, 1))["trust"]["duplicates"]
    assert found == {
        "rows": 0,
        "conflicting": 0,
        "test_rows_in_training": 0,
        "score_without": None,
        "test_score_without": None,
    }


def test_memorized_rows_make_a_score_and_are_left_out_of_another(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    """The target is noise, so that a tree that knows a row's double is right by that alone."""
    draw = np.random.default_rng(3)
    noise = _table(150, 4).assign(target=draw.choice(["yes", "no"], 150))
    tree = {
        "key": "tree",
        "class_path": "sklearn.tree.DecisionTreeClassifier",
        "fixed": {},
        "ranges": {},
        "fixed_by_config": [],
    }
    explanation = explained(
        tmp_path / "ml",
        fork_server,
        pd.concat([noise, noise, noise]),
        pd.concat([noise.iloc[:50], _table(50, 5).assign(target=draw.choice(["yes", "no"], 50))]),
        estimators=[tree],
    )
    found = explanation["trust"]["duplicates"]
    assert found["rows"] == 300
    assert 0.2 < found["test_score_without"] < 0.8
    low, high = found["score_without"]["interval"]
    assert low <= found["score_without"]["value"] <= high
    assert found["score_without"]["value"] < 0.8


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "neg_log_loss", "f1_macro"])
def test_predictions_played_back_have_the_score_of_their_model(metric: str) -> None:
    from sklearn.linear_model import LogisticRegression

    draw = np.random.default_rng(5)
    X = draw.normal(size=(120, 3))
    y = np.where(X[:, 0] + draw.normal(size=120) > 0, "yes", "no")
    model = LogisticRegression().fit(X, y)
    rows = np.arange(120)
    evidence = Evidence(
        scored=ScoredRows(rows, np.zeros(120, int), np.zeros(120, int)),
        actual=(y == "yes").astype(int),
        classes=["no", "yes"],
        weights=None,
        groups=None,
        contenders={
            "winner": Predicted(
                "probabilities",
                (model.predict(X) == "yes").astype(np.int32),
                model.predict_proba(X)[:, 1:].astype(np.float32),
            )
        },
        shipped="winner",
        of_rows=120,
    )
    scorers = make_scorers((metric,), y)
    again = score(replayed(evidence.predicted, evidence.classes), rows[:, np.newaxis], y, scorers)
    assert again[metric] == pytest.approx(score(model, X, y, scorers)[metric], abs=1e-6)
