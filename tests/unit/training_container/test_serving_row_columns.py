"""Serving a model whose training data had weights, groups, times, and a stray among its numbers."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from sklearn_trainer.errors import RequestError
from sklearn_trainer.serving.model_folder import load_model
from sklearn_trainer.serving.predictor import CSV, JSON, Options, Predictor
from tests.support.training.forks import ForkServer
from tests.support.training.fruit import as_csv
from tests.support.training.jobs import column, plan
from tests.support.training.models import FAST, Trained, train


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


@pytest.fixture(scope="module")
def weighted(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Trained:
    table = rows()
    table[3]["size"] = "broken"
    columns = [
        column("importance", "numeric", "weight"),
        column("size"),
        column("patient", "categorical", "group"),
        column("visit", "datetime", "time"),
        column("kind", "categorical", "target"),
    ]
    return train(
        tmp_path_factory.mktemp("weighted") / "ml",
        plan(columns, confirm=FAST, cross_validation={"kind": "ordered"}),
        {"train/train.csv": as_csv(table)},
        fork_server,
    )


@pytest.fixture(scope="module")
def ordered(weighted: Trained) -> Predictor:
    return Predictor(load_model(weighted.folders))


def of(names: str) -> list[dict[str, Any]]:
    return [{name: row[name] for name in names.split()} for row in rows()]


def by_json(predictor: Predictor, table: list[dict[str, Any]]) -> list[str]:
    answer = json.loads(predictor.answer(json.dumps(table).encode(), Options(JSON, JSON)))
    predictions: list[str] = answer["predictions"]
    return predictions


def by_csv(predictor: Predictor, table: list[dict[str, Any]]) -> list[str]:
    return predictor.answer(as_csv(table).encode(), Options(CSV, CSV)).decode().split()


def refusal(ask: Any, predictor: Predictor, table: list[dict[str, Any]]) -> dict[str, Any]:
    with pytest.raises(RequestError) as caught:
        ask(predictor, table)
    assert caught.value.status == 400
    return caught.value.content


@pytest.mark.parametrize(
    "names",
    ["size visit", "visit size", "importance size visit", "importance size patient visit kind"],
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


@pytest.mark.parametrize("ask", [by_json, by_csv])
def test_the_time_is_needed_and_what_is_none_is_named(ask: Any, ordered: Predictor) -> None:
    error = refusal(ask, ordered, of("importance size"))
    assert (error["column"], error["message"]) == ("visit", "A column is missing.")
    table = of("size visit")[:3]
    table[1]["visit"] = "soon"
    error = refusal(ask, ordered, table)
    assert (error["row"], error["column"], error["found"]) == (2, "visit", "'soon'")


def test_words_that_counted_as_missing_in_training_do_so_in_a_request(ordered: Predictor) -> None:
    def one(size: Any) -> list[str]:
        return by_json(ordered, [{"size": size, "visit": None}])

    assert one("broken") == one("something else") == one(None) == one(1e300)
    assert refusal(by_json, ordered, [{"size": ["broken"], "visit": None}])["column"] == "size"
