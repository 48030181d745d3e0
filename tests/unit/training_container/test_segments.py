"""Segments with more errors are found, and tables without one hardly ever show one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.segments import find_segments
from sklearn_trainer.schema import Schema
from tests.support.plans import feature
from tests.support.training.contender_predictions import predicted, predictions, scored_rows
from tunedrop_common.model_errors import Segment, Segments

ROWS = 2000
SCHEMA = Schema(
    features=(
        feature("age", "numeric"),
        feature("income", "numeric"),
        feature("member", "boolean"),
        feature("sex", "categorical", distinct=2),
        feature("town", "categorical", distinct=8),
        feature("seen", "datetime"),
        feature("opened", "duration"),
        feature("remark", "text", distinct=ROWS),
        feature("code", "categorical", distinct=400),
    )
)
IMPORTANT = ("age", "sex", "member", "town", "income")


def words(values: Any) -> Any:
    return pd.array(np.asarray(values, dtype=object), dtype="str")


def table(rows: int = ROWS, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    towns = np.array([f"town {letter}" for letter in "ABCDEFG"])[draw.integers(0, 7, rows)]
    return pd.DataFrame(
        {
            "age": draw.integers(18, 90, rows).astype(float),
            "income": np.where(draw.random(rows) < 0.1, np.nan, draw.lognormal(10, 0.5, rows)),
            "member": np.where(draw.random(rows) < 0.5, 1.0, 0.0),
            "sex": words(np.where(draw.random(rows) < 0.5, "f", "m")),
            "town": words(np.where(np.arange(rows) < 12, "Rareville", towns)),
            "seen": pd.date_range("2026-01-01", periods=rows, freq="6h", tz="UTC"),
            "opened": draw.integers(8 * 3600, 20 * 3600, rows).astype(float),
            "remark": words([f"remark number {number}" for number in range(rows)]),
            "code": words([f"code {number % 400}" for number in range(rows)]),
        }
    )


def erring(
    X: pd.DataFrame,
    worse: Any,
    kind: str = "classes",
    rates: tuple[float, float] = (0.1, 0.3),
    **options: Any,
) -> Any:
    """Return predictions that are twice as far off, or wrong more often, in some rows."""
    draw = np.random.default_rng(2)
    rows, scored = len(X), scored_rows(len(X))
    worse = np.broadcast_to(np.asarray(worse), rows)
    if kind == "values":
        amounts = draw.normal(0, 2.0, rows)
        off = draw.normal(0, np.where(worse, 2.0, 1.0))
        tuned = predicted((amounts + off)[scored.rows][:, None], "values")
        return predictions(amounts, {"tuned:model": tuned}, scored=scored, **options)
    y = draw.integers(0, 2, rows)
    predicted_labels = np.where(draw.random(rows) < np.where(worse, *rates[::-1]), 1 - y, y)
    tuned = predicted(
        np.where(predicted_labels == 1, 0.9, 0.1)[scored.rows][:, None], "probabilities"
    )
    return predictions(y, {"tuned:model": tuned}, classes=["no", "yes"], scored=scored, **options)


def find(erring_predictions: ContenderPredictions, X: pd.DataFrame, **changes: Any) -> Segments:
    options = {"requested": (), "names": True, "important": IMPORTANT, **changes}
    return find_segments(erring_predictions, X, SCHEMA, **options)


def significant(segments: Segments) -> list[Segment]:
    return [segment for segment in segments.segments if segment.is_significant]


@pytest.mark.parametrize("kind", ["classes", "values"])
def test_a_segments_numbers_are_those_of_its_rows_and_of_all_others(kind: str) -> None:
    X = table()
    inside = np.asarray(X["town"] == "town C")
    erring_predictions = erring(X, inside, kind)
    segments = find(erring_predictions, X)
    (worst,) = segments.segments
    assert (worst.columns, worst.label, worst.rows) == (("town",), "town town C", inside.sum())
    once = erring_predictions.first_repeat()
    if kind == "classes":
        off = (once.predicted.predicted_class != once.actual).astype(float)
    else:
        off = np.abs(once.predicted.values[:, 0] - once.actual)
    assert worst.error == pytest.approx(off[inside].mean())
    assert worst.error_elsewhere == pytest.approx(off[~inside].mean())
    assert worst.p_value is not None
    assert worst.p_value < 0.05
    assert segments.measure == ("share wrong" if kind == "classes" else "mean absolute error")
    assert segments.examined > 100


@pytest.mark.parametrize(
    ("where", "label"),
    [
        (lambda X: (X["sex"] == "f") & (X["member"] == 1.0), "sex f and member true"),
        (lambda X: X["age"] > 75, "age 76 or more"),
        (lambda X: X["income"].isna(), "income missing"),
        (lambda X: X["seen"] >= pd.Timestamp("2027-02-05", tz="UTC"), "seen 2027-02-05 or later"),
        (lambda X: X["opened"] > 17.6 * 3600, "opened 17:35:01 or later"),
    ],
)
def test_rows_with_more_errors_are_named_once_by_what_they_have_in_common(
    where: Any, label: str
) -> None:
    X = table()
    segments = find(erring(X, np.asarray(where(X))), X)
    assert [segment.label for segment in significant(segments)] == [label]


def test_a_difference_that_is_certain_but_small_is_not_reported() -> None:
    X = table(20_000)
    erring_predictions = erring(X, np.asarray(X["sex"] == "m"), rates=(0.4, 0.47))
    males = [
        segment
        for segment in find(erring_predictions, X, requested=["sex"]).segments
        if segment.label == "sex m"
    ]
    assert [(item.is_significant, (item.p_value or 0) < 0.001) for item in males] == [(False, True)]


@pytest.mark.parametrize("kind", ["classes", "values"])
def test_a_model_without_a_mistake_is_worse_nowhere(kind: str) -> None:
    """Predictions are kept in 32 bits, whose rounding grows with the target."""
    X = table()
    erring_predictions = erring(X, False, rates=(0.0, 0.0))
    if kind == "values":
        scored, amounts = scored_rows(ROWS), X["age"].to_numpy() ** 2 / 7
        exact = predicted(amounts[scored.rows][:, None], "values")
        erring_predictions = predictions(amounts, {"tuned:model": exact}, scored=scored)
    segments = find(erring_predictions, X, requested=["sex"])
    assert [(segment.label, segment.error) for segment in segments.segments] == [
        ("sex f", 0),
        ("sex m", 0),
    ]
    assert significant(segments) == []


def test_weights_and_groups_decide_what_is_significant() -> None:
    """One unlucky group of 60 rows is chance; rows of weight 0 are not there."""
    X = table()
    inside = np.asarray(X["town"] == "town C")
    groups = np.where(inside, 0, 1 + np.arange(ROWS) // 10)
    assert significant(find(erring(X, inside, groups=groups), X)) == []
    spread = np.arange(ROWS) // 5
    assert len(significant(find(erring(X, inside, groups=spread), X))) == 1
    weights = np.where(inside, 0.0, 1.0)
    assert significant(find(erring(X, inside, weights=weights), X)) == []


def test_requested_columns_are_shown_whatever_they_say_and_no_rare_value_is_named() -> None:
    X = table()
    requested = ["sex", "town", "remark", "code", "age", "seen"]
    segments = find(erring(X, False), X, requested=requested)
    labels = [segment.label for segment in segments.segments]
    assert {"sex f", "sex m", *(f"town town {letter}" for letter in "ABCDEFG")} < set(labels)
    assert not any(label.startswith(("remark", "code", "town Rare")) for label in labels)
    assert all(segment.requested and not segment.is_significant for segment in segments.segments)
    assert sum(segment.rows for segment in segments.segments if segment.columns == ("age",)) == ROWS
    hidden = [
        segment.label
        for segment in find(erring(X, False), X, requested=requested, names=False).segments
    ]
    assert "sex category no. 1" in hidden
    assert not any("town town" in label for label in hidden)


def drawn(kind: str, seed: int) -> tuple[ContenderPredictions, pd.DataFrame]:
    """Return a table whose columns say nothing of the errors, and a model's predictions for it."""
    draw, X = np.random.default_rng(seed), table(300, seed)
    scored, groups = scored_rows(300), draw.integers(0, 40, 300)
    signal = draw.normal(size=300)
    if kind in ("heavy tails", "groups"):
        y = 3 * signal + draw.standard_t(2.5, 300)
        y += 2 * draw.normal(size=40)[groups] * (kind == "groups")
        tuned = predicted(3 * signal[scored.rows][:, None], "values")
        its = groups if kind == "groups" else None
        return predictions(y, {"tuned:model": tuned}, scored=scored, groups=its), X
    often = {"few wrong": 3.0, "many wrong": 0.0}[kind]
    likely = 1 / (1 + np.exp(-often * signal))
    outcome = (draw.random(300) < likely).astype(np.int64)
    tuned = predicted(likely[scored.rows][:, None], "probabilities")
    return predictions(outcome, {"tuned:model": tuned}, classes=["a", "b"], scored=scored), X


KINDS = ("heavy tails", "groups", "few wrong", "many wrong")
TABLES = pytest.mark.parametrize(
    "tables", [pytest.param(20, id="20"), pytest.param(250, id="250", marks=pytest.mark.slow)]
)


@TABLES
@pytest.mark.parametrize("kind", KINDS)
def test_at_most_5_percent_of_tables_without_a_bad_segment_show_one(kind: str, tables: int) -> None:
    false = sum(bool(find(*drawn(kind, seed)).segments) for seed in range(tables))
    assert false <= 0.05 * tables


def test_few_rows_have_no_segments() -> None:
    X = table(39)
    assert find(erring(X, False), X, requested=["sex"]) == Segments(
        measure="share wrong", examined=0, segments=()
    )
