from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop.reading.columns import profile_numbers, profile_text


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", "-3e4", ".5", "1.", "inf"], "numeric"),
        (["1", "NA", "", "?", "2"], "numeric"),
        (["True", "false", "TRUE"], "boolean"),
        (["yes", "no", "yes"], "categorical"),
        (["a", "b", "a"], "categorical"),
        (["1", "2", "x"], "categorical"),
        (["1_000", "2_000"], "categorical"),
        (["a", "a", "a"], "constant"),
        (["5", "5"], "constant"),
        (["5", ""], "numeric"),
        (["", "NA", "nan"], "empty"),
        ([], "empty"),
        (["1,234", "56", "-1,234,567.8"], "numeric"),
        (["$1,200", "($35.50)", "-$7"], "numeric"),
        (["12%", "3.5 %"], "numeric"),
        (["12%", "3.5"], "categorical"),
        (["$1", "€1"], "categorical"),
        ([f"{i}{'%' * (i % 2)}" for i in range(80)], "text"),
        ([f"{'$€'[i % 2]}{i % 40}" for i in range(160)], "categorical"),
        (["1 234", "12 345"], "numeric"),
        (["\u20131.5", "\u22122", "\u2014", "3"], "numeric"),
        (["\u2013", "+", "\u2014"], "categorical"),
        (["1.5", "-", "n.a.", "2", "#DIV/0!"], "numeric"),
        (["1.5", ":", "2.5"], "numeric"),
        (["-", "+", "-"], "categorical"),
        ([*map(str, range(40)), "oops"], "numeric"),
        ([*map(str, range(40)), "oops", "a", "b"], "text"),
        (["1", "-", "1"], "categorical"),
        (["2026-11-23", "-", "2026-11-24"], "datetime"),
        (["true", "-", "FALSE"], "boolean"),
        (["01067", "80331", "10115"], "categorical"),
        (["01", "12", "07"], "numeric"),
        (["2026-11-23", "2026-11-24"], "datetime"),
        (["2026-11-23T10:00:00Z", "2026-11-24 11:30"], "datetime"),
        (["23.11.2026", "24.11.2026"], "datetime"),
        (["Nov 23, 2026", "January 4, 2027"], "datetime"),
        (["23 Nov 2026", "4-Jan-2027"], "datetime"),
        (["6-Aug-09", "26-Aug-09"], "datetime"),
        (["1960 Jan", "1971 Apr"], "datetime"),
        (["2026-01", "2026-12"], "datetime"),
        (["1970 Q1", "1974Q4", "1980-q2", "Q3 1981"], "datetime"),
        (["1970 Q5", "1974Q4"], "categorical"),
        (["2011-12", "2012-13"], "categorical"),
        (["May 5 apples", "June 6 pears"], "categorical"),
        (["11/23/2026 10:00 AM", "11/24/2026 9:30 PM"], "datetime"),
        ([f"a sentence about {i}" for i in range(40)], "text"),
        ([f"category {i % 35}" for i in range(200)], "categorical"),
    ],
)
def test_the_kind_is_told_from_the_values(values: list[str], kind: str) -> None:
    assert profile_text("x", values).kind == kind


@pytest.mark.parametrize(
    ("values", "decimal", "largest"),
    [
        (["1,234", "5"], ".", 1234.0),
        (["1.234", "5"], ",", 1234.0),
        (["1,5", "2,25"], ",", 2.25),
        (["1.234,5", "5"], ",", 1234.5),
        (["1.5", "5"], ",", 5.0),
        (["1'234.5", "5"], ".", 1234.5),
        (["99 %", "5 %"], ".", 99.0),
    ],
)
def test_thousands_are_told_from_decimals(values: list[str], decimal: str, largest: float) -> None:
    assert profile_text("x", values, decimal).maximum == largest


def test_numbers_have_a_profile() -> None:
    profile = profile_text("x", ["1", "2", "2", "", "3.0", "-", "n.a."])
    assert (profile.present, profile.missing, profile.distinct, profile.rarest) == (4, 3, 3, 1)
    assert profile.integers
    assert (profile.minimum, profile.maximum) == (1.0, 3.0)


@pytest.mark.parametrize(
    "numbers",
    [
        list(range(100)),
        list(range(1000, 1100)),
        [*range(50, 100), *range(50)],
        [*range(50), *range(1000, 1050), *range(90000, 90050)],
    ],
)
def test_consecutive_integers_are_identifiers(numbers: list[int]) -> None:
    assert profile_numbers("x", [float(n) for n in numbers], 0).identifier


@pytest.mark.parametrize(
    "numbers",
    [
        [float(n) for n in range(10)],
        [n * 2.0 for n in range(100)],
        [n / 2 for n in range(100)],
        [n**2.0 for n in range(100)],
        [float(n % 50) for n in range(100)],
    ],
)
def test_other_numbers_are_features(numbers: list[float]) -> None:
    assert not profile_numbers("x", numbers, 0).identifier


def test_missing_values_make_integers_a_feature() -> None:
    assert not profile_numbers("x", [float(n) for n in range(100)], 1).identifier


def test_uuid_like_strings_are_identifiers() -> None:
    ids = [str(UUID(int=i * 7919)) for i in range(5)]
    assert profile_text("x", ids).identifier == "UUID-like strings"
    assert not profile_text("x", [*ids, ids[0]]).identifier


@given(st.lists(st.text(max_size=12), max_size=30))
def test_every_column_has_a_profile(values: list[str]) -> None:
    profile = profile_text("x", values)
    assert profile.present + profile.missing == len(values)
    assert profile.distinct <= profile.present


@given(st.lists(st.floats(), max_size=30))
def test_every_column_of_numbers_has_a_profile(values: list[float]) -> None:
    profile = profile_text("x", [repr(v) for v in values])
    assert profile.present + profile.missing == len(values)
    assert profile.kind in ("numeric", "constant", "empty")
