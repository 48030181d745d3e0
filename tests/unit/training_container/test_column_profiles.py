"""What PlanRun decides about a column by its values, and what jobs make of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_trainer.data.column_profiles import ColumnProfile, profile_column
from sklearn_trainer.data.frames import apply_schema
from sklearn_trainer.data.text_parsing import MISSING, clean_text
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.schema import Schema
from tests.support.plans import feature
from tunedrop_common.plan import Kind


def profile_text(values: list[str], decimal: str = ".") -> ColumnProfile:
    """Return the profile of a column as a text file has it."""
    words = clean_text(pa.chunked_array([pa.array(values, pa.string())]), MISSING)
    return profile_column("x", words, decimal)


def profile_values(values: list[Any], kind: Kind | None = None) -> ColumnProfile:
    """Return the profile of a column as a typed table has it."""
    return profile_column("x", pa.chunked_array([pa.array(values)]), ".", kind)


def read(values: list[Any], kind: Kind | None = None) -> pd.Series[Any]:
    """Return what fit() gets of a column that is read as its profile says."""
    profile = profile_values(values, kind)
    assert profile.kind
    planned = feature(
        "x", profile.kind, day_first=profile.day_first, has_unparsable=profile.unparsable > 0
    )
    table = pa.table({"x": pa.array(values)})
    return apply_schema(table, Schema(features=(planned,))).frame["x"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", "-3e4", ".5", "1.", "inf"], "numeric"),
        (["1", "NA", "", "?", "2"], "numeric"),
        (["True", "false", "TRUE"], "boolean"),
        (["1", "2", "x"], "categorical"),
        (["1_000", "2_000"], "categorical"),
        (["5", ""], "numeric"),
        (["", "NA", "nan"], None),
        (["12%", "3.5"], "categorical"),
        (["$1", "€1"], "categorical"),
        ([f"{i}{'%' * (i % 2)}" for i in range(80)], "text"),
        ([f"{'$€'[i % 2]}{i % 40}" for i in range(160)], "categorical"),
        (["1.5", ":", "2.5"], "numeric"),
        (["-", "+", "-"], "categorical"),
        ([*map(str, range(40)), "oops"], "numeric"),
        ([*map(str, range(40)), "oops", "a", "b"], "text"),
        (["1", "-", "1"], "categorical"),
        (["true", "-", "FALSE"], "boolean"),
        (["01067", "80331", "10115"], "categorical"),
        (["01", "12", "07"], "numeric"),
        (["1970 Q5", "1974Q4"], "categorical"),
        (["2011-12", "2012-13"], "categorical"),
        (["May 5 apples", "June 6 pears"], "categorical"),
        ([f"a sentence about {i}" for i in range(40)], "text"),
        ([f"category {i % 35}" for i in range(200)], "categorical"),
        (["12:75", "1:00"], "categorical"),
    ],
)
def test_the_kind_is_told_from_the_values(values: list[str], kind: str | None) -> None:
    assert profile_text(values).kind == kind


@pytest.mark.parametrize(
    ("values", "decimal", "read"),
    [
        (["1,234", "(6)", "$7", "-$7"], ".", [1234, -6, 7, -7]),
        (["1.234", "5"], ",", [1234, 5]),
        (["1,5", "2,25"], ",", [1.5, 2.25]),
        (["1.234,5", "5"], ",", [1234.5, 5]),
        (["1.5", "5"], ",", [1.5, 5]),
        (["1'234.5", "1 234", "-1,234,567.8"], ".", [1234.5, 1234, -1234567.8]),
        (["99 %", "5%", ""], ".", [99, 5, np.nan]),
        (["1.5", "-", "n.a.", "#DIV/0!", "+2"], ".", [1.5, np.nan, np.nan, np.nan, 2]),
        (["\u20131.5", "\u22122", "\u2014", "3"], ".", [-1.5, -2, np.nan, 3]),
    ],
)
def test_numbers_are_read_as_people_write_them(
    values: list[str], decimal: str, read: list[float]
) -> None:
    profile = profile_text(values, decimal)
    assert (profile.kind, profile.maximum) == ("numeric", np.nanmax(read))
    schema = Schema(features=(feature("x", "numeric"),), decimal=decimal)
    frame = apply_schema(pa.table({"x": values}), schema).frame
    np.testing.assert_array_equal(frame["x"], read)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        (["6-Aug-09", "26-Sep-10"], ["2009-08-06", "2010-09-26"]),
        (["1960 Jan", "1971 Apr"], ["1960-01-01", "1971-04-01"]),
        (["Nov 23, 2026", "January 5, 2026"], ["2026-11-23", "2026-01-05"]),
        (["2026-01", "2026-12"], ["2026-01-01", "2026-12-01"]),
        (["5 Sept 2026", "17 March 2026"], ["2026-09-05", "2026-03-17"]),
        (["1970 Q1", "1971-Q3", "1970q2"], ["1970-01-01", "1971-07-01", "1970-04-01"]),
        (["01/02/2026", "31/12/2026"], ["2026-02-01", "2026-12-31"]),
        (["23.11.2026", "24.11.2026"], ["2026-11-23", "2026-11-24"]),
        (["11/23/2026 10:00 AM", "11/24/2026 9:30 PM"], ["2026-11-23", "2026-11-24"]),
        (["2026-11-23T10:00:00Z", "2026-11-24 11:30"], ["2026-11-23", "2026-11-24"]),
        (["2026-02-03", "2026-02-04", "-"], ["2026-02-03", "2026-02-04", ""]),
    ],
)
def test_dates_are_read_as_people_write_them(words: list[str], days: list[str]) -> None:
    assert read(words).dt.strftime("%Y-%m-%d").fillna("").tolist() == days


@pytest.mark.parametrize(
    ("numbers", "is_identifier"),
    [
        (list(range(1000, 1100)), True),
        ([*range(50, 100), *range(50)], True),
        ([*range(50), *range(1000, 1050), *range(90000, 90050)], True),
        (list(range(10)), False),
        ([n * 2 for n in range(100)], False),
        ([n / 2 for n in range(100)], False),
        ([n % 50 for n in range(100)], False),
        ([*range(100), None], False),
    ],
)
def test_consecutive_integers_are_identifiers(
    numbers: list[float | None], is_identifier: bool
) -> None:
    assert bool(profile_values(numbers).identifier) == is_identifier


def test_uuid_like_strings_are_identifiers() -> None:
    ids = [str(UUID(int=i * 7919)) for i in range(5)]
    assert profile_text(ids).identifier == "UUID-like strings"
    assert not profile_text([*ids, ids[0]]).identifier


@pytest.mark.parametrize(
    ("values", "is_empty", "is_constant", "unusable"),
    [
        ([None, None, None], True, False, ""),
        (["a", "a", "a"], False, True, ""),
        (["a", "a", None], False, False, ""),
        ([[1], [2], [3]], False, False, "holds list values"),
        ([b"a", b"b"], False, False, "holds binary values"),
        ([1e300, -1e300, None], False, False, "has no number that a model can compute with"),
    ],
)
def test_columns_that_carry_nothing_are_recognized(
    values: list[Any], is_empty: bool, is_constant: bool, unusable: str
) -> None:
    profile = profile_values(values)
    assert (profile.is_empty, profile.is_constant) == (is_empty, is_constant)
    assert profile.unusable == unusable


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (["12:30", "07:05", None], [45_000, 25_500, None]),
        (["0:00:01.5", "36:05:00", "100:00:00"], [1.5, 129_900, 360_000]),
        (["0 days 00:03:00", "-1 days +23:00:00", "2 days 01:02"], [180, -3_600, 176_520]),
    ],
)
def test_times_of_day_and_durations_are_seconds(
    values: list[str | None], seconds: list[float | None]
) -> None:
    expected = [np.nan if number is None else number for number in seconds]
    assert read(values).tolist() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquets_durations_are_seconds_in_any_unit(unit: str) -> None:
    lengths = pa.array(np.array([90, 30], dtype="timedelta64[s]")).cast(pa.duration(unit))
    assert profile_values(lengths).kind == "duration"
    assert read(lengths).tolist() == [90.0, 30.0]


def test_dates_are_profiled_by_strays_span_and_order() -> None:
    days = [f"2026-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(98)]
    profile = profile_values([*days, "unknown", "?!"])  # "unknown" is a word for missing
    assert (profile.kind, profile.unparsable) == ("datetime", 1)
    assert read([*days, "unknown", "?!"]).isna().sum() == 2
    assert not profile.has_time_of_day
    assert profile_values([f"2026-01-01T{i:02d}:15:30" for i in range(24)]).has_time_of_day
    with pytest.raises(DatasetError, match="cannot be read as dates") as raised:
        profile_values(["2026-01-01", "soon"], "datetime")
    assert raised.value.found == repr("soon")


def test_dates_of_two_orders_are_recognized() -> None:
    days, months = ["31/12/2026", "01/02/2026"], ["12/31/2026", "01/02/2026"]
    profile = profile_values(days + months)
    assert profile.day_first
    assert profile.has_both_orders
    assert not profile_values(days).has_both_orders
    assert not profile_values(months).has_both_orders


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["10115", "80331", "20095"], "categorical"),
        (["1", "2", "3"], "text"),
        (["1.5", "2", "low"] * 2 + ["3"] * 40, "numeric"),
        (["true", "false", "true"], "boolean"),
        (["2026-01-01", "2026-02-01"], "datetime"),
    ],
)
def test_tuning_yaml_decides_the_kind_of_a_column(values: list[str], kind: Kind) -> None:
    assert profile_values(values, kind).kind == kind


WORDS = st.lists(st.none() | st.text(max_size=8) | st.floats().map(repr), max_size=20)
KINDS = st.sampled_from(["numeric", "boolean", "categorical", "text", "datetime", "duration"])


@given(WORDS, KINDS)
def test_any_words_under_any_schema_become_a_column_of_as_many_rows(
    words: list[str | None], kind: Kind
) -> None:
    table = pa.table({"x": pa.array(words, pa.string())})
    applied = apply_schema(table, Schema(features=(feature("x", kind),)))
    assert applied.frame.shape == (len(words), 1)
    if applied.frame["x"].dtype.kind == "f":
        assert not np.isinf(applied.frame["x"]).any()
    misfits = applied.unparsable.get("x", np.zeros(len(words), dtype=np.bool_))
    assert not applied.frame["x"][misfits].notna().any() or kind in ("categorical", "text")


@given(WORDS)
def test_what_is_applied_fits_as_the_profile_says(words: list[str | None]) -> None:
    table = pa.table({"x": pa.array(words, pa.string())})
    profile = profile_column("x", table.column("x"))
    assert profile.present + profile.missing == len(words)
    assert profile.distinct <= profile.present
    if profile.kind is None:
        return
    planned = feature("x", profile.kind, day_first=profile.day_first)
    applied = apply_schema(table, Schema(features=(planned,)))
    assert applied.unparsable.get("x", np.zeros(1)).sum() == profile.unparsable
