"""What each column becomes: decided by all of its values, whatever the samples showed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_trainer.data.column_kinds import decide
from sklearn_trainer.data.features import Feature, Schema
from sklearn_trainer.notes import Notes
from tunedrop_common.plan import Column


def decided(values: list[Any], kind: Any = "categorical") -> tuple[Schema, list[str], pa.Table]:
    notes = Notes()
    table = pa.table({"it": pa.array(values), "other": pa.array(range(len(values)))})
    columns = [
        Column(name="it", kind=kind, role="feature"),
        Column(name="other", kind="numeric", role="feature"),
    ]
    return decide(table, columns, notes), notes.sentences, table


def feature_of(values: list[Any], kind: Any = "categorical") -> Feature:
    schema, _, _ = decided(values, kind)
    return schema.features[0]


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (["12:30", "07:05", None], [45_000, 25_500, None]),
        (["0:00:01.5", "36:05:00", "100:00:00"], [1.5, 129_900, 360_000]),
        (["0 days 00:03:00", "-1 days +23:00:00", "2 days 01:02"], [180, -3_600, 176_520]),
    ],
)
def test_times_of_day_and_lengths_of_time_are_seconds(
    values: list[Any], seconds: list[float | None]
) -> None:
    schema, notes, table = decided(values)
    assert schema.features[0].kind == "clock"
    expected = [np.nan if each is None else each for each in seconds]
    assert schema.frame(table, Notes())["it"].tolist() == pytest.approx(expected, nan_ok=True)
    assert notes == []


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquets_lengths_of_time_are_seconds_in_any_unit(unit: str) -> None:
    table = pa.table(
        {
            "length": pa.array(np.array([90, 30], dtype="timedelta64[s]")).cast(pa.duration(unit)),
            "clock": pa.array([3_600, 7_200], pa.time32("s")),
        }
    )
    columns = [Column(name=name, kind="numeric", role="feature") for name in table.column_names]
    frame = decide(table, columns, Notes()).frame(table, Notes())
    assert frame["length"].tolist() == [90.0, 30.0]
    assert frame["clock"].tolist() == [3_600.0, 7_200.0]


@pytest.mark.parametrize(
    "values",
    [
        ["5 Jan 2026", "17 March 2026"],
        ["January 5, 2026", "Mar 17, 2026"],
        ["05-Jan-26", "17-Mar-26"],
    ],
)
def test_dates_with_names_of_months_are_points_in_time(values: list[str]) -> None:
    schema, _, table = decided(values)
    assert schema.features[0].kind == "moment"
    when = schema.frame(table, Notes())["it"]
    assert str(when.dtype) == "datetime64[us, UTC]"
    assert [(each.month, each.day) for each in when] == [(1, 5), (3, 17)]


@pytest.mark.parametrize(
    "values", [["16:9", "4:3"], ["1:2:3", "2:3:4"], ["May", "June"], ["12:75", "1:00"]]
)
def test_words_that_only_look_like_times_stay_words(values: list[str]) -> None:
    assert feature_of(values).kind == "category"


def test_a_few_stray_words_among_many_dates_count_as_missing() -> None:
    values = [f"2026-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(98)] + ["unknown", "?!"]
    schema, notes, table = decided(values, "datetime")
    assert schema.features[0].kind == "moment"
    assert schema.frame(table, Notes())["it"].isna().sum() == 2
    assert notes == [
        "Column 'it' has 2 values that cannot be read as dates, of 100: they count as missing."
    ]


def test_dates_of_two_orders_are_named() -> None:
    days, months = ["31/12/2026", "01/02/2026"], ["12/31/2026", "01/02/2026"]
    schema, notes, _ = decided(days + months, "datetime")
    assert schema.features[0].day_first
    (note,) = notes
    assert "those that may be either are read with the day first. Write all of them" in note
    assert decided(days, "datetime")[1] == decided(months, "datetime")[1] == []


def test_seconds_matter_where_all_moments_are_close() -> None:
    hours = [f"2026-01-01T{i:02d}:15:30" for i in range(24)]
    years = [f"20{i:02d}-01-01T00:15:30" for i in range(24)]
    assert feature_of(hours, "datetime").exact
    assert not feature_of(years, "datetime").exact


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ([None, None, None], "empty", "is empty in every row"),
        (["a", "a", "a"], "categorical", "has the same value in every row"),
        ([[1], [2], [3]], "text", "holds list<item: int64> values"),
        ([float("inf"), float("-inf"), None], "numeric", "has no finite number"),
    ],
)
def test_columns_that_carry_nothing_are_left_out_and_named(
    values: list[Any], kind: str, words: str
) -> None:
    schema, notes, _ = decided(values, kind)
    assert [each.name for each in schema.features] == ["other"]
    assert len(notes) == 1
    assert "'it'" in notes[0]
    assert words in notes[0]


@given(st.lists(st.none() | st.text(max_size=8), min_size=2, max_size=20), st.sampled_from(
    ["numeric", "boolean", "categorical", "text", "datetime", "constant", "empty"]
))  # fmt: skip
def test_any_words_under_any_plan_become_a_column_of_as_many_rows(
    words: list[str | None], kind: str
) -> None:
    schema, _, table = decided([None if each == "" else each for each in words], kind)
    frame = schema.frame(table, Notes())
    assert len(frame) == len(words)
    assert list(frame) == [each.name for each in schema.features] or len(schema.features) == 2
    numbers = frame[schema.numbers].to_numpy()
    assert not np.isinf(numbers).any()
