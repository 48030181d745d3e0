from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.evaluation.predicted import Predicted
from sklearn_trainer.explanation import slices
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.schema import Schema
from tests.support.plans import feature
from tests.support.training.contender_predictions import predicted, predictions, scored_rows
from tunedrop_common.model_errors import Slice, Slices

ROWS = 800
SCHEMA = Schema(
    features=(
        feature("age", "numeric"),
        feature("income", "numeric"),
        feature("member", "boolean"),
        feature("sex", "categorical", distinct=2),
        feature("town", "categorical", distinct=8),
        feature("seen", "datetime"),
        feature("remark", "text", distinct=ROWS),
        feature("code", "categorical", distinct=400),
    )
)


def words(values: Any) -> Any:
    return pd.array(np.asarray(values, dtype=object), dtype="str")


def table(rows: int = ROWS, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    towns = np.array([f"town {letter}" for letter in "ABCDEFG"])[draw.integers(0, 7, rows)]
    towns = np.where(np.arange(rows) < 12, "Rareville", towns)
    return pd.DataFrame(
        {
            "age": draw.integers(18, 90, rows).astype(float),
            "income": np.where(draw.random(rows) < 0.1, np.nan, draw.lognormal(10, 0.5, rows)),
            "member": np.where(draw.random(rows) < 0.5, 1.0, 0.0),
            "sex": words(np.where(draw.random(rows) < 0.5, "f", "m")),
            "town": words(towns),
            "seen": pd.date_range("2026-01-01", periods=rows, freq="6h", tz="UTC"),
            "remark": words([f"remark number {number}" for number in range(rows)]),
            "code": words([f"code {number % 400}" for number in range(rows)]),
        }
    )


def losing(X: pd.DataFrame, worse: Any, kind: str = "values", **about: Any) -> ContenderPredictions:
    """Return predictions of a model that is twice as far off, or a coin, in some rows."""
    draw = np.random.default_rng(2)
    rows = len(X)
    scored = scored_rows(rows)
    worse = np.broadcast_to(np.asarray(worse), rows)
    if kind == "values":
        signal = draw.normal(0, 2.0, rows)
        amounts = signal + draw.normal(0, np.where(worse, 2.0, 1.0))
        guess = signal[scored.rows] + draw.normal(0, 0.1, len(scored.rows))
        winner = predicted(guess[:, None], "values")
        return predictions(amounts, {"winner": winner}, scored=scored, **about)
    y = draw.integers(0, 2, rows)
    right = draw.random(rows) < np.where(worse, 0.5, 0.9)
    called = np.where(right, y, 1 - y)[scored.rows].astype(np.int32)
    if kind == "labels":
        winner = Predicted("labels", called, np.empty((len(called), 0), dtype=np.float32))
    else:
        winner = predicted(np.where(called == 1, 0.9, 0.1)[:, None], "probabilities")
    return predictions(y, {"winner": winner}, classes=["no", "yes"], scored=scored, **about)


def find(
    found: ContenderPredictions, X: pd.DataFrame, *, asked: Any = (), names: bool = True
) -> Slices:
    return slices.find(found, X, SCHEMA, asked=asked, names=names, seed=3)


def surely(found: Slices) -> list[Slice]:
    return [each for each in found.slices if each.surely_worse]


@pytest.mark.parametrize("kind", ["values", "probabilities", "labels"])
def test_a_category_with_greater_losses_is_found_alone(kind: str) -> None:
    X = table(2000)
    inside = np.asarray(X["town"] == "town C")
    found = find(losing(X, inside, kind), X)
    assert [each.label for each in surely(found)] == ["town town C"]
    (worst,) = surely(found)
    assert worst.columns == ("town",)
    assert worst.rows == inside.sum()
    assert worst.loss is not None
    assert worst.loss_elsewhere is not None
    assert worst.difference.value == pytest.approx(worst.loss - worst.loss_elsewhere)
    assert worst.difference.interval is not None
    assert (worst.difference.interval[0] or 0) > 0
    names = {"values": "squared error", "probabilities": "log loss", "labels": "share of errors"}
    assert found.loss == names[kind]
    assert found.examined > 100


def test_a_slices_loss_is_the_mean_of_its_rows_over_all_repeats() -> None:
    X = table()
    inside = np.asarray(X["sex"] == "m")
    given = losing(X, inside)
    found = find(given, X, asked=["sex"])
    (worst,) = [each for each in found.slices if each.label == "sex m"]
    squared = (given.actual - given.contenders["winner"].values[:, 0].astype(float)) ** 2
    male = inside[given.scored.rows]
    assert worst.loss == pytest.approx(squared[male].mean())
    assert worst.loss_elsewhere == pytest.approx(squared[~male].mean())


def test_two_columns_are_named_together_where_neither_says_it_alone() -> None:
    X = table(3000)
    inside = np.asarray((X["sex"] == "f") & (X["member"] == 1.0))
    found = surely(find(losing(X, inside), X))
    assert [each.label for each in found] == ["member true and sex f"]
    assert set(found[0].columns) == {"member", "sex"}
    assert found[0].rows == inside.sum()


def test_pairs_that_say_no_more_than_one_of_their_columns_are_left_out() -> None:
    X = table(3000)
    found = surely(find(losing(X, np.asarray(X["age"] > 72)), X))
    assert [each.columns for each in found] == [("age",)]
    assert found[0].label.startswith("age 7")
    assert found[0].label.endswith(" or more")


def test_of_two_columns_that_say_the_same_one_is_named() -> None:
    X = table(3000)
    X["income"] = X["age"] * 12 + np.random.default_rng(1).integers(0, 12, 3000)
    (worst,) = surely(find(losing(X, np.asarray(X["age"] > 72)), X))
    assert worst.columns in [("age",), ("income",)]


def test_a_pair_is_named_beside_its_column_where_it_is_much_worse() -> None:
    X = table(4000)
    young = np.asarray(X["age"] <= 35)
    most = young & np.asarray(X["sex"] == "m") & (np.arange(4000) % 10 > 0)
    given = losing(X, young)
    values = given.contenders["winner"].values.copy()
    values[most[given.scored.rows], 0] += 5
    given = dataclasses.replace(given, contenders={"winner": predicted(values, "values")})
    found = find(given, X, asked=["sex"])
    first, *others = surely(found)
    assert set(first.columns) == {"age", "sex"}
    assert first.label.endswith("sex m")
    values_of = [each.difference.value or 0 for each in surely(found)]
    assert values_of == sorted(values_of, reverse=True)
    assert [each.label for each in others if each.columns == ("sex",)] == ["sex m"]
    assert found.slices[-1].label == "sex f"
    assert [each.label for each in found.slices if each.asked_for] == ["sex m", "sex f"]


def test_missing_values_are_a_slice_of_their_own() -> None:
    X = table(2000)
    found = surely(find(losing(X, np.asarray(X["income"].isna())), X))
    assert [each.label for each in found] == ["income missing"]


def test_time_is_cut_at_days() -> None:
    X = table(2000)
    late = np.asarray(X["seen"] >= pd.Timestamp("2027-01-26", tz="UTC"))
    (worst, *_) = surely(find(losing(X, late), X))
    assert worst.columns == ("seen",)
    assert worst.label.startswith("seen 2027-0")


def test_nothing_is_called_worse_where_all_rows_are_alike() -> None:
    X = table()
    for kind in ("values", "probabilities", "labels"):
        found = find(losing(X, False, kind), X)
        assert surely(found) == []
        assert found.slices == ()


def test_columns_asked_for_are_shown_whatever_they_say() -> None:
    X = table()
    found = find(losing(X, False), X, asked=["sex", "income"])
    labels = [each.label for each in found.slices]
    assert {"sex f", "sex m", "income missing"} <= set(labels)
    assert sum(label.startswith("income") for label in labels) >= 5
    assert all(each.asked_for and not each.surely_worse for each in found.slices)
    assert all(len(each.columns) == 1 for each in found.slices)


def test_numbers_are_written_as_people_do() -> None:
    X = table()
    X["income"] = X["income"] * 3
    found = find(losing(X, False), X, asked=["income", "age", "seen"])
    labels = [each.label for each in found.slices]
    assert any("," in label for label in labels if label.startswith("income"))
    assert not any("e+" in label for label in labels)
    assert any(label.startswith("age up to ") for label in labels)
    assert any(label.startswith("seen up to 2026-0") for label in labels)
    assert "seen" in labels[-1] or "income" in labels[-1]


def test_a_label_says_exactly_which_rows_are_meant() -> None:
    X = table()
    found = find(losing(X, False), X, asked=["age", "income"])
    for each in found.slices:
        name, _, text = each.label.partition(" ")
        values = X[name].to_numpy()
        number = [float(word.replace(",", "")) for word in text.split() if word[0].isdigit()]
        if text == "missing":
            expected = np.isnan(values)
        elif text.startswith("up to"):
            expected = values <= number[0]
        elif text.startswith("above"):
            expected = values > number[0]
        elif text.endswith("or more"):
            expected = values >= number[0]
        elif name == "age":
            expected = (values >= number[0]) & (values <= number[1])
        else:
            expected = (values > number[0]) & (values <= number[1])
        assert each.rows == expected.sum(), each.label


def test_a_number_that_is_mostly_0_has_each_slice_once() -> None:
    X = table()
    X["income"] = np.where(np.arange(ROWS) % 3 == 0, X["age"], 0.0)
    found = find(losing(X, np.asarray(X["income"] == 0)), X, asked=["income"])
    labels = [each.label for each in found.slices]
    assert "income up to 0" in labels
    assert len(set(labels)) == len(labels)


def test_times_of_the_day_are_written_as_such() -> None:
    X = table()
    X["opened"] = np.random.default_rng(9).integers(8 * 3600, 20 * 3600, ROWS).astype(float)
    schema = Schema(features=(feature("opened", "duration"),))
    given = losing(X, False)
    found = slices.find(given, X, schema, asked=["opened"], names=True, seed=3)
    labels = [each.label for each in found.slices]
    assert len(labels) == 6
    assert all(label.count(":") in (2, 4) for label in labels)


@pytest.mark.parametrize(
    "count", [pytest.param(40, id="40"), pytest.param(200, id="200", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("kind", ["values", "probabilities", "labels", "groups"])
def test_of_many_tables_of_noise_hardly_any_has_a_slice_that_is_called_worse(
    kind: str, count: int
) -> None:
    called = 0
    for seed in range(count):
        X = table(300, seed)
        draw = np.random.default_rng(seed)
        groups = draw.integers(0, 40, 300)
        signal = draw.normal(size=300)  # which the columns know nothing of
        scored = scored_rows(300)
        y = 3 * signal + draw.standard_t(2.5, 300)
        if kind == "groups":
            y = y + 2 * draw.normal(size=40)[groups]
        winner = predicted(3 * signal[scored.rows][:, None], "values")
        if kind in ("probabilities", "labels"):
            likely = 1 / (1 + np.exp(2 - 2 * signal))
            y = (draw.random(300) < likely).astype(np.int64)
            winner = predicted(likely[scored.rows][:, None], "probabilities")
        if kind == "labels":
            winner = Predicted("labels", winner.labels, winner.values[:, :0])
        given = predictions(
            y,
            {"winner": winner},
            classes=["no", "yes"] if winner.kind != "values" else None,
            scored=scored,
            groups=groups if kind == "groups" else None,
        )
        called += bool(find(given, X).slices)
    assert called <= 0.05 * count


@pytest.mark.parametrize("kind", ["values", "probabilities", "labels", "several"])
def test_a_model_that_learned_noise_is_not_called_worse_where_it_believes_in_it(kind: str) -> None:
    """It calls rows `yes` in one town, where seven of ten are not: wrong by its own making."""
    X = table(2000)
    draw = np.random.default_rng(5)
    scored = scored_rows(2000)
    believed = np.asarray(X["town"] == "town C")[scored.rows]
    y = (draw.random(2000) < 0.3).astype(np.int64)
    likely = np.where(believed, 0.8, 0.25)
    winner = predicted(likely[:, None], "probabilities")
    if kind == "labels":
        winner = Predicted("labels", winner.labels, winner.values[:, :0])
    if kind == "several":
        likely = np.column_stack([0.9 - likely, likely, np.full(len(likely), 0.1)])
        winner = predicted(likely, "probabilities")
    classes = ["a", "b", "c"][: 3 if kind == "several" else 2]
    if kind == "values":
        winner = predicted(likely[:, None], "values")
    given = predictions(
        y if kind != "values" else y.astype(np.float64),
        {"winner": winner},
        classes=None if kind == "values" else classes,
        scored=scored,
    )
    found = find(given, X, asked=["town"])
    assert surely(found) == []
    losses = {each.label: each.difference.value or 0 for each in found.slices}
    assert max(losses, key=lambda label: losses[label]) == "town town C"


def test_no_rare_category_no_text_and_no_code_is_named() -> None:
    X = table()
    rare = np.asarray(X["town"] == "Rareville")
    found = find(losing(X, rare), X, asked=["town", "remark", "code"])
    labels = [each.label for each in found.slices]
    assert len(labels) == 7
    assert all(label.startswith("town town ") for label in labels)
    X["town"] = words(
        np.where(np.arange(ROWS) < 60, [f"x{n // 4}" for n in range(ROWS)], X["town"])
    )
    labels = [each.label for each in find(losing(X, False), X, asked=["town"]).slices]
    assert "town of a rare category" in labels


def test_no_category_is_named_where_the_deployment_hides_them() -> None:
    X = table()
    found = find(losing(X, False), X, asked=["town", "sex", "age"], names=False)
    labels = [each.label for each in found.slices]
    assert "sex category no. 1" in labels
    assert "town category no. 7" in labels
    assert not any("town " + letter in label for label in labels for letter in "ABCDEFG")
    assert any(label.startswith("age up to") for label in labels)


def test_few_rows_have_no_slices() -> None:
    X = table(15)
    assert find(losing(X, False), X, asked=["sex"]) == Slices(
        loss="squared error", examined=0, slices=()
    )


def test_rows_that_were_not_predicted_are_in_no_slice() -> None:
    X = table(2000)
    given = losing(X, np.asarray(X["sex"] == "m"))
    kept = given.scored.rows >= 500
    scored = type(given.scored)(*(each[kept] for each in vars(given.scored).values()))
    winner = predicted(given.contenders["winner"].values[kept], "values")
    y = given.actual[given.repeat(0)]
    found = find(predictions(y, {"winner": winner}, scored=scored), X)
    assert [each.label for each in surely(found)] == ["sex m"]
    assert surely(found)[0].rows == (np.asarray(X["sex"] == "m")[500:]).sum()


def test_rows_of_a_group_are_not_counted_as_if_they_were_independent() -> None:
    """One unlucky group of 60 rows is chance, a whole town of groups is not."""
    X = table(2000)
    groups = np.arange(2000) // 40
    X["town"] = words(np.array([f"town {letter}" for letter in "ABCDE"])[groups % 5])
    unlucky = (groups % 5 == 2) & (groups < 5)
    found = find(losing(X, unlucky, groups=groups), X)
    assert surely(found) == []
    found = find(losing(X, groups % 5 == 2, groups=groups), X)
    assert [each.label for each in surely(found)] == ["town town C"]


def test_weights_decide_how_much_a_row_says() -> None:
    X = table(2000)
    inside = np.asarray(X["town"] == "town C")
    light = np.where(inside & (np.arange(2000) % 10 > 0), 1e-6, 1.0)
    assert surely(find(losing(X, inside, weights=np.ones(2000)), X))
    assert not surely(find(losing(X, inside, weights=light), X))
    given = losing(X, inside, weights=np.where(inside, 2.0, 1.0))
    found = find(given, X, asked=["sex"])
    here = next(each for each in found.slices if each.label == "sex m")
    squared = (given.actual - given.contenders["winner"].values[:, 0].astype(float)) ** 2
    male = np.asarray(X["sex"] == "m")[given.scored.rows]
    assert given.weights is not None
    assert here.loss == pytest.approx(np.average(squared[male], weights=given.weights[male]))


def test_the_same_run_says_the_same() -> None:
    X = table()
    given = losing(X, np.asarray(X["sex"] == "m"))
    assert find(given, X) == find(given, X)
