from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import object_created
from tunedrop.errors import DatasetError, UserInputError
from tunedrop.trigger import NotATrigger, Trigger, checked_name, read_trigger

EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:Tunedrop:1"


def event(key: object, **changes: Any) -> dict[str, Any]:
    made = object_created(key, "2026-11-23T22:52:42Z", **{"version-id": "v1", "size": 10})
    return {**made, **changes}


def read(given: Any, started: Any = "2026-11-23T12:00:00.123Z") -> Trigger | NotATrigger:
    return read_trigger({"input": given, "execution": EXECUTION, "started": started}, "bucket")


@pytest.mark.parametrize(
    ("key", "dataset"),
    [
        ("datasets/iris/train.csv", "iris"),
        ("datasets/iris/tuning.yaml", "iris"),
        ("datasets/iris/year=2026/part-0.parquet", "iris"),
        ("datasets/iris.csv", "iris"),
        ("datasets/iris.csv.gz", "iris"),
        ("datasets/Iris 2.1.PARQUET", "Iris 2.1"),
        ("datasets/iris.parquet/part-0.parquet", "iris.parquet"),
        ("datasets/blüten/train.csv", "blüten"),
        ("datasets/iris.xlsx", "iris"),
    ],
)
def test_an_object_belongs_to_a_dataset(key: str, dataset: str) -> None:
    trigger = read(event(key))
    assert trigger == Trigger(
        "object", dataset, datetime(2026, 11, 23, 22, 52, 42, tzinfo=UTC), EXECUTION, key, "v1"
    )


@pytest.mark.parametrize(
    "key",
    [
        "datasets/",
        "datasets/iris/",
        "datasets/iris/_SUCCESS",
        "datasets/iris/.DS_Store",
        "datasets/iris/_temporary/0/part-0.csv",
        "datasets/.hidden/train.csv",
        "datasets/README.md",
        "datasets/iris/README.md",
        "runs/iris/x/run.json",
        "dataset/iris.csv",
        "",
    ],
)
def test_an_object_that_is_no_data_starts_nothing(key: str) -> None:
    assert isinstance(read(event(key)), NotATrigger)


def test_events_of_others_start_nothing() -> None:
    assert isinstance(read(event("datasets/a.csv", source="aws.ec2")), NotATrigger)
    assert isinstance(read(event("datasets/a.csv", **{"detail-type": "x"})), NotATrigger)
    other = event("datasets/a.csv")
    other["detail"]["bucket"]["name"] = "another"
    assert isinstance(read(other), NotATrigger)


def test_a_person_starts_a_run_at_the_start_of_the_execution() -> None:
    trigger = read({"dataset": "iris"})
    assert isinstance(trigger, Trigger)
    assert (trigger.kind, trigger.dataset) == ("person", "iris")
    assert trigger.time == datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC)


def test_a_retune_is_known_by_its_tick() -> None:
    trigger = read({"dataset": "iris", "tick": "2026-11-23T04:00:00+01:00"})
    assert isinstance(trigger, Trigger)
    assert (trigger.kind, trigger.tick) == ("schedule", "2026-11-23T03:00:00Z")


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        "iris",
        {},
        {"dataset": ""},
        {"dataset": None},
        {"dataset": ["iris"]},
        {"dataset": "a/b"},
        {"dataset": ".."},
        {"dataset": "x" * 101},
        {"dataset": "iris\n"},
        {"dataset": "<b>"},
        {"dataset": "iris", "tick": "soon"},
        {"dataset": "iris", "tick": "9999-12-31T23:59:59-23:59"},
        {"dataset": "iris", "force": True},
        event("datasets/<script>/a.csv"),
        event("datasets//train.csv"),
        event(7),
        event("datasets/iris.csv", detail=None),
        event("datasets/iris.csv", detail={"bucket": {"name": "bucket"}}),
        event("datasets/iris.csv", time="2026-13-99"),
    ],
)
def test_input_that_is_wrong_is_an_error_of_the_person(given: Any) -> None:
    with pytest.raises(UserInputError):
        read(given)


def test_a_name_that_cannot_be_used_says_what_can() -> None:
    with pytest.raises(DatasetError, match="letters, digits"):
        checked_name("a&b")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values, st.sampled_from(["dataset", "tick", "detail", "source", "x"]), json_values)
def test_no_input_brings_it_down(value: object, key: str, other: object) -> None:
    forms = (value, {key: value}, {"dataset": "iris", key: value}, event(value), other)
    for form in forms:
        try:
            result = read(form)
        except UserInputError:
            continue
        assert isinstance(result, (Trigger, NotATrigger))
        if isinstance(result, Trigger):
            assert checked_name(result.dataset) == result.dataset
