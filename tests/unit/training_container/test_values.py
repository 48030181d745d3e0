from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from sklearn_trainer.data import values

NUMBERS = pa.array([1.5, None, -0.0, float("inf"), None, 3.0, 4.0, None, 1e300, 5.0])
WHOLE = pa.array([1, None, 3], pa.int32())


@pytest.mark.parametrize(
    "column",
    [
        pa.chunked_array([NUMBERS]),
        pa.chunked_array([NUMBERS[3:], NUMBERS[:0], NUMBERS[1:2], NUMBERS[5:7]]),
        pa.chunked_array([NUMBERS[2:4].slice(1)]),
        pa.chunked_array([NUMBERS[:0]]),
        pa.chunked_array([], pa.float64()),
        pa.chunked_array([WHOLE, WHOLE[1:]]),
        pa.chunked_array([pa.array([True, None, False])]),
    ],
)
def test_a_column_becomes_the_numbers_that_arrow_makes_of_it(column: pa.ChunkedArray) -> None:
    found = values.floats(column)
    assert found.dtype == np.float64
    expected = column.cast(pa.float64(), safe=False).to_numpy()
    assert np.array_equal(found, expected, equal_nan=True)


def test_flags_are_read_in_any_case_and_other_words_are_marked() -> None:
    column = pa.chunked_array([pa.array([" True", "FALSE", None, "", "yes", "false"])])
    numbers, strays = values.flags_in(column)
    assert np.array_equal(numbers, [1, 0, np.nan, np.nan, np.nan, 0], equal_nan=True)
    assert strays.tolist() == [False, False, False, False, True, False]


def test_a_very_long_word_is_no_time() -> None:
    column = pa.chunked_array([pa.array(["2026-11-25", None, "0" * 400_000])])
    index, strays = values.moments(column)
    assert index[0].isoformat() == "2026-11-25T00:00:00+00:00"
    assert strays.tolist() == [False, False, True]
    numbers, strays = values.clocks_in(pa.chunked_array([pa.array(["12:30", "1" * 400_000])]))
    assert numbers[0] == 45_000.0
    assert strays.tolist() == [False, True]
