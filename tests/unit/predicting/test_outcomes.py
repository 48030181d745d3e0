"""Files whose rows have a target: the model is checked against what its run promised."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.support.fakes import client_error
from tests.support.predict_world import AGAIN, DONE, KEY, World
from tests.support.training import fruit
from tunedrop import keys
from tunedrop.handlers import predict

PRICES = "predict/prices/new.csv"


def rows(count: int, target: str = "kind", **options: Any) -> list[dict[str, Any]]:
    other = "price" if target == "kind" else "kind"
    return [{k: v for k, v in row.items() if k != other} for row in fruit.rows(count, **options)]


def with_changed_relation(table: list[dict[str, Any]], target: str) -> list[dict[str, Any]]:
    """Return rows with the same values in each column, the target's by chance."""
    targets = [row[target] for row in table]
    random.Random(1).shuffle(targets)  # noqa: S311 - the same every time
    return [{**row, target: value} for row, value in zip(table, targets, strict=True)]


def check(world: World, dataset: str = "fruit", file: str = "new.csv") -> dict[str, Any]:
    """Return the check that a file made, the only one."""
    [key] = world.s3.keys(keys.checks_of(dataset))
    version = world.s3.versions[f"predict/{dataset}/{file}"][-1].version_id
    assert key == f"checks/{dataset}/{file}-{version}.json"
    return world.record(key)


def drop(world: World, table: list[dict[str, Any]], key: str = KEY) -> dict[str, Any]:
    return world.predict(fruit.as_csv(table), key)


@pytest.mark.parametrize(
    ("key", "dataset", "target", "words"),
    [
        (KEY, "fruit", "kind", "The model's balanced accuracy on these 200 rows is 0."),
        (PRICES, "prices", "price", "The model's root mean squared error on these 200 rows is 0."),
    ],
)
def test_rows_of_the_same_population_are_as_promised_and_a_changed_relation_is_worse(
    world: World, key: str, dataset: str, target: str, words: str
) -> None:
    same = rows(200, target, seed=8)
    record = drop(world, same, key)
    assert record["verdict"] == "as promised"
    assert record["notes"][0].startswith(words)
    assert ", as promised: " in record["notes"][0]
    assert "-0." not in record["notes"][0]

    world.s3.delete_object(Bucket="bucket", Key=next(iter(world.s3.keys("checks/"))))
    record = drop(world, with_changed_relation(same, target), key)
    assert record["verdict"] == "worse"
    assert ", worse than promised: " in record["notes"][0]
    assert not record["unlike_training"]
    written = check(world, dataset)
    assert written["verdict"] == "worse"
    assert (written["rows"], written["of_rows"], written["run_id"]) == (200, 200, record["run_id"])
    assert written["score"] == record["score"]
    assert written["score"]["interval"][1] < written["promised"]["interval"][0]
    assert written["promised_by"] == "fresh folds"


def test_a_check_says_how_the_model_errs(world: World) -> None:
    drop(world, rows(200, seed=8))
    classes = check(world)["classes"]
    assert sorted(entry["label"] for entry in classes) == ["apple", "pear", "plum"]
    assert sum(entry["rows"] for entry in classes) == 200
    assert sum(map(sum, check(world)["confusion"]["counts"])) == 200
    drop(world, rows(60, "price", seed=8), PRICES)
    written = check(world, "prices")
    low, high = written["mean_error"]["interval"]
    assert low < 0 < high
    assert 0 < written["mean_absolute_error"]["value"] < -written["score"]["value"]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (rows(49, seed=8), KEY),
        (rows(1), KEY),
        ([row for row in rows(90) if row["kind"] != "pear"], KEY),
        ([row for row in rows(180) if row["kind"] == "plum"], KEY),
        (rows(1, "price"), PRICES),
    ],
)
def test_few_rows_or_few_of_a_class_give_no_verdict(
    world: World, table: list[dict[str, Any]], key: str
) -> None:
    record = drop(world, table, key)
    assert record["verdict"] == check(world, key.split("/")[1])["verdict"] == "too few rows"
    assert "too few rows to compare" in record["notes"][0]


def test_without_a_target_there_is_no_check(world: World) -> None:
    record = drop(world, [{**row, "kind": ""} for row in rows(60)])
    assert (record["status"], record["verdict"], record["score"]) == ("done", None, None)
    drop(world, [{k: v for k, v in row.items() if k != "kind"} for row in rows(60)])
    assert not world.s3.keys("checks/")


def test_damaged_targets_are_counted_and_the_rest_is_scored(world: World) -> None:
    table = rows(120, seed=8)
    for row, wrong in zip(table, ["Apple", "quince", "7", "\u0000", "=1+1"], strict=False):
        row["kind"] = wrong
    table[7]["kind"] = ""
    record = drop(world, table)
    assert (record["rows"], check(world)["rows"]) == (120, 114)
    assert record["unusable_outcomes"] == {"kind": 5}
    table = rows(120, "price", seed=8)
    for row, wrong in zip(table, ["two", "1e300", "inf", "nan", ""], strict=False):
        row["price"] = wrong
    record = drop(world, table, PRICES)
    assert check(world, "prices")["rows"] == 115
    assert record["unusable_outcomes"] == {"price": 3}
    assert (
        "Column 'price' has 3 values that cannot be used: these rows are not scored."
        in (record["notes"])
    )


def test_the_answer_stays_what_it_is_without_targets(world: World) -> None:
    table = rows(60, seed=8)
    drop(world, table)
    lines = world.s3.body("predictions/fruit/new.csv").decode().splitlines()
    drop(world, [{**row, "kind": "plum"} for row in table])
    others = world.s3.body("predictions/fruit/new.csv").decode().splitlines()
    added = [line.split(",")[-4:] for line in lines]
    assert added == [line.split(",")[-4:] for line in others]


def test_the_check_is_written_before_the_record_and_once_for_a_version(world: World) -> None:
    world.s3.put(KEY, fruit.as_csv(rows(60)))
    world.s3.fail_next("PutObject", None, None, None, client_error("SlowDown", 503))
    assert predict.handler(world.event(), None) == AGAIN
    before = check(world)
    assert not world.s3.keys("predictions/fruit/new.csv.json")
    for _ in range(2):
        world.clock.advance(16 * 60)
        assert predict.handler(world.event(), None) == DONE
    assert check(world) == before
    assert len(world.s3.versions[world.s3.keys("checks/")[0]]) == 1
    assert world.record()["verdict"] == before["verdict"]


def test_each_version_of_a_file_makes_a_check_of_its_own(world: World) -> None:
    drop(world, rows(60))
    drop(world, rows(70))
    assert sorted(world.record(key)["rows"] for key in world.s3.keys("checks/")) == [60, 70]
