from datetime import UTC, datetime
from typing import Any

import pytest

from tunedrop.errors import DatasetError, UserInputError
from tunedrop.records import check_dataset_name
from tunedrop.trigger import (
    dataset_of,
    read_time,
)


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
        ("datasets/<script>/a.csv", "<script>"),
        ("datasets//train.csv", ""),
        ("datasets/iris/", "iris"),
        ("datasets/iris/_SUCCESS", "iris"),
        ("datasets/iris/_temporary/0/part-0.csv", None),
        ("datasets/.hidden/train.csv", None),
        ("datasets/iris/x/README.md", "iris"),
        ("datasets/README.md", None),
        ("dataset/iris.csv", None),
    ],
)
def test_an_object_belongs_to_a_dataset(key: str, dataset: str | None) -> None:
    assert dataset_of(key) == dataset


@pytest.mark.parametrize(
    "name", [None, "", ["iris"], "a/b", "..", "x" * 101, "iris\n", "<b>", "a&b", "-odd", "a "]
)
def test_a_name_that_cannot_be_used_says_what_can(name: Any) -> None:
    with pytest.raises(DatasetError, match="letters, digits"):
        check_dataset_name(name)


def test_a_time_means_the_same_however_it_is_written() -> None:
    expected = datetime(2026, 11, 23, 3, tzinfo=UTC)
    for text in ("2026-11-23T03:00:00Z", "2026-11-23T04:00:00+01:00", "2026-11-23 03:00"):
        assert read_time(text, "scheduled_start") == expected


@pytest.mark.parametrize(
    "text", [None, 7, "", "soon", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-23:59"]
)
def test_what_is_no_time_is_an_error(text: Any) -> None:
    with pytest.raises(UserInputError, match="scheduled_start is not a time"):
        read_time(text, "scheduled_start")
