"""Serving models whose training data had weights, groups, times, or strays among its numbers."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sklearn_trainer.serving.errors import RequestError
from sklearn_trainer.serving.model_folder import load_model
from sklearn_trainer.serving.predictor import CSV, JSON, Predictor, Wish
from tests.unit.training_container.conftest import ForkServer
from tests.unit.training_container.fruit import as_csv
from tests.unit.training_container.jobs import column, plan
from tests.unit.training_container.models import FAST, Trained, train
from tests.unit.training_container.serving import Server

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
def grouped(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Predictor:
    base = tmp_path_factory.mktemp("grouped") / "ml"
    trained = model_of(base, ("weight", "group"), "grouped", fork_server, strays=2)
    return Predictor(load_model(trained.folders))


@pytest.fixture(scope="module")
def server(weighted: Trained) -> Iterator[Server]:
    server = Server(weighted.job.base, SAGEMAKER_MODEL_SERVER_WORKERS="1").wait_until_up()
    yield server
    assert server.stop() == 0


def of(names: str) -> list[dict[str, Any]]:
    return [{name: row[name] for name in names.split()} for row in rows()]


@pytest.mark.parametrize(
    "names", ["size visit", "visit size", "importance size visit", "importance size visit kind"]
)
def test_rows_are_predicted_with_or_without_the_weight(
    names: str, server: Server, weighted: Trained
) -> None:
    table = of(names)
    answer = server.invoke(table)
    assert answer.status == 200, answer
    assert answer.json["predictions"] == weighted.predictions
    assert server.invoke(as_csv(table), "text/csv").lines == weighted.predictions
    # A weight does not say how much a prediction counts, so it may be anything.
    if "importance" in names:
        heavy = [{**row, "importance": "heavy"} for row in table]
        assert server.invoke(heavy).json["predictions"] == weighted.predictions


@pytest.mark.parametrize("names", ["size visit", "importance size visit kind"])
def test_rows_without_names_have_the_features_or_all_columns(
    names: str, server: Server, weighted: Trained
) -> None:
    lines = as_csv(of(names)).partition("\n")[2]
    answer = server.invoke(lines, "text/csv; header=absent")
    assert answer.status == 200, answer
    assert answer.lines == weighted.predictions


def test_the_time_is_needed_and_what_is_none_is_named(server: Server) -> None:
    error = server.invoke(of("importance size")).error
    assert (error["column"], error["message"]) == ("visit", "A column is missing.")
    table = of("size visit")[:3]
    table[1]["visit"] = "soon"
    for answer in (server.invoke(table), server.invoke(as_csv(table), "text/csv")):
        assert answer.status == 400
        assert (answer.error["row"], answer.error["column"]) == (2, "visit")
        assert answer.error["found"] == "'soon'"


def test_a_word_among_numbers_is_a_400_that_names_its_column(server: Server) -> None:
    table = of("size visit")[:3]
    table[2]["size"] = "broken"
    for answer in (server.invoke(table), server.invoke(as_csv(table), "text/csv")):
        assert answer.status == 400
        assert answer.error["column"] == "size"
        assert (answer.error["row"], answer.error["found"]) == (3, "'broken'")
        assert answer.error["expected"] == "a number, or nothing"


def test_a_model_of_groups_needs_none_to_predict(grouped: Predictor) -> None:
    def ask(names: str) -> list[str]:
        found = json.loads(grouped.answer(json.dumps(of(names)).encode(), Wish(JSON, JSON)))
        predictions: list[str] = found["predictions"]
        return predictions

    alone = ask("size")
    assert set(alone) == {"a", "b"}
    assert ask("patient size importance kind") == alone
    text = as_csv(of("size")).partition("\n")[2]
    answer = grouped.answer(text.encode(), Wish(CSV, CSV, header="absent"))
    assert answer.decode().split() == alone


def test_words_that_counted_as_missing_in_training_do_so_in_a_request(grouped: Predictor) -> None:
    def ask(size: Any) -> Any:
        return json.loads(grouped.answer(json.dumps([{"size": size}]).encode(), Wish(JSON, JSON)))

    assert ask("broken") == ask("something else") == ask(None) == ask(1e300)
    with pytest.raises(RequestError) as caught:
        ask(["broken"])
    assert (caught.value.status, caught.value.content["column"]) == (400, "size")
