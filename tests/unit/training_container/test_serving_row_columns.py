"""Serving models whose training data had weights, groups, times, or strays among its numbers."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from sklearn_trainer.errors import RequestError
from sklearn_trainer.serving.model_folder import load_model
from sklearn_trainer.serving.predictor import CSV, JSON, Options, Predictor
from tests.support.training.forks import ForkServer
from tests.support.training.fruit import as_csv
from tests.support.training.jobs import column, plan
from tests.support.training.models import FAST, Trained, train

ROLES = {"importance": "weight", "patient": "group", "visit": "time"}


def rows(count: int = 80) -> list[dict[str, Any]]:
    draw = random.Random(5)  # noqa: S311 - a table that is the same every time
    return [
        {
            "importance": draw.randint(0, 3),
            "size": round(draw.gauss(i % 2, 0.8), 3),
            "patient": f"p{i // 4}",
            "visit": f"2026-{1 + i // 28:02}-{1 + i % 28:02}",
            "kind": "ab"[i % 2],
        }
        for i in range(count)
    ]


def model_of(
    base: Path, roles: tuple[str, ...], folds: str, server: ForkServer, strays: int = 0
) -> Trained:
    """Train on the columns of these roles, besides the size and the target."""
    table = [
        {name: row[name] for name in row if ROLES.get(name, roles[0]) in roles} for row in rows()
    ]
    for row in table[:strays]:
        row["size"] = "broken"
    columns = {
        "importance": column("importance", "numeric", "weight"),
        "size": column("size"),
        "patient": column("patient", "categorical", "group"),
        "visit": column("visit", "datetime", "time"),
        "kind": column("kind", "categorical", "target"),
    }
    return train(
        base,
        plan(
            [columns[name] for name in table[0]],
            confirm=FAST,
            cross_validation={"kind": folds},
        ),
        {"train/train.csv": as_csv(table)},
        server,
    )


@pytest.fixture(scope="module")
def weighted(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Trained:
    base = tmp_path_factory.mktemp("weighted") / "ml"
    return model_of(base, ("weight", "time"), "ordered", fork_server)


@pytest.fixture(scope="module")
def ordered(weighted: Trained) -> Predictor:
    return Predictor(load_model(weighted.folders))


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Predictor:
    base = tmp_path_factory.mktemp("grouped") / "ml"
    trained = model_of(base, ("weight", "group"), "grouped", fork_server, strays=2)
    return Predictor(load_model(trained.folders))


def of(names: str) -> list[dict[str, Any]]:
    return [{name: row[name] for name in names.split()} for row in rows()]


def by_json(predictor: Predictor, table: list[dict[str, Any]]) -> list[str]:
    answer = json.loads(predictor.answer(json.dumps(table).encode(), Options(JSON, JSON)))
    predictions: list[str] = answer["predictions"]
    return predictions


def by_csv(
    predictor: Predictor, table: list[dict[str, Any]], header: str | None = None
) -> list[str]:
    text = as_csv(table)
    body = text.partition("\n")[2] if header == "absent" else text
    return predictor.answer(body.encode(), Options(CSV, CSV, header)).decode().split()


def refusal(ask: Any, predictor: Predictor, table: list[dict[str, Any]]) -> dict[str, Any]:
    with pytest.raises(RequestError) as caught:
        ask(predictor, table)
    assert caught.value.status == 400
    return caught.value.content


@pytest.mark.parametrize(
    "names", ["size visit", "visit size", "importance size visit", "importance size visit kind"]
)
def test_rows_are_predicted_with_or_without_the_weight(
    names: str, ordered: Predictor, weighted: Trained
) -> None:
    table = of(names)
    assert by_json(ordered, table) == weighted.predictions
    assert by_csv(ordered, table) == weighted.predictions
    # A weight does not say how much a prediction counts, so it may be anything.
    if "importance" in names:
        heavy = [{**row, "importance": "heavy"} for row in table]
        assert by_json(ordered, heavy) == weighted.predictions


@pytest.mark.parametrize("names", ["size visit", "importance size visit kind"])
def test_rows_without_names_have_the_features_or_all_columns(
    names: str, ordered: Predictor, weighted: Trained
) -> None:
    assert by_csv(ordered, of(names), "absent") == weighted.predictions


@pytest.mark.parametrize("ask", [by_json, by_csv])
def test_the_time_is_needed_and_what_is_none_is_named(ask: Any, ordered: Predictor) -> None:
    error = refusal(ask, ordered, of("importance size"))
    assert (error["column"], error["message"]) == ("visit", "A column is missing.")
    table = of("size visit")[:3]
    table[1]["visit"] = "soon"
    error = refusal(ask, ordered, table)
    assert (error["row"], error["column"], error["found"]) == (2, "visit", "'soon'")


def test_a_model_of_groups_needs_none_to_predict(grouped: Predictor) -> None:
    predictions = by_json(grouped, of("size"))
    assert set(predictions) == {"a", "b"}
    assert by_json(grouped, of("patient size importance kind")) == predictions
    assert by_csv(grouped, of("size"), "absent") == predictions


def test_words_that_counted_as_missing_in_training_do_so_in_a_request(grouped: Predictor) -> None:
    def one(size: Any) -> list[str]:
        return by_json(grouped, [{"size": size}])

    assert one("broken") == one("something else") == one(None) == one(1e300)
    assert refusal(by_json, grouped, [{"size": ["broken"]}])["column"] == "size"
