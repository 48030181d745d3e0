from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunedrop_common.number_format import number


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (25230.4, 4, "25,230"),
        (25230.4, 6, "25,230.4"),
        (25230.4, 2, "25,230"),
        (3.5e12, 4, "3,500,000,000,000"),
        (999.96, 4, "1,000"),
        (9.9996, 4, "10"),
        (0.95333, 4, "0.9533"),
        (0.5, 4, "0.5"),
        (1e-7, 4, "1e-07"),
        (2e15, 4, "2e+15"),
        (0.0, 4, "0"),
        (-0.0, 4, "0"),
        (None, 4, "-"),
        (math.nan, 4, "-"),
        (math.inf, 4, "-"),
    ],
)
def test_numbers_are_written_as_people_write_them(
    value: float | None, digits: int, shown: str
) -> None:
    assert number(value, digits) == shown


@given(st.floats(1e-4, 9e14), st.integers(2, 8), st.booleans())
def test_what_is_written_is_the_number_to_its_digits(
    size: float, digits: int, negative: bool
) -> None:
    value = -size if negative else size
    written = number(value, digits)
    assert "e" not in written
    assert math.isclose(float(written.replace(",", "")), value, rel_tol=0.6 * 10 ** (1 - digits))
