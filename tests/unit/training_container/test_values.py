from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from sklearn_trainer.data.target import infer_labels
from sklearn_trainer.data.text_parsing import (
    TextColumn,
    parse_datetimes,
    parse_durations,
)
from sklearn_trainer.data.values import floats

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
    numbers = floats(column)
    assert numbers.dtype == np.float64
    expected = column.cast(pa.float64(), safe=False).to_numpy()
    assert np.array_equal(numbers, expected, equal_nan=True)


def text(*words: str | None) -> TextColumn:
    return TextColumn.of(pa.chunked_array([pa.array(words, pa.string())]))


def test_a_very_long_word_is_no_time() -> None:
    index, is_wrong = parse_datetimes(text("2026-11-25", None, "0" * 400_000), day_first=False)
    assert index[0].isoformat() == "2026-11-25T00:00:00+00:00"
    assert is_wrong.tolist() == [False, False, True]
    numbers, is_wrong = parse_durations(text("12:30", "1" * 400_000))
    assert numbers[0] == 45_000.0
    assert is_wrong.tolist() == [False, True]


def test_labels_of_long_words_take_little_memory() -> None:
    words = pa.array(["a" * 5_000, "b" * 5_000])
    rows = pa.array(np.arange(1_000_000) % 2, pa.int32())
    column = pa.chunked_array([pa.DictionaryArray.from_arrays(rows, words)])
    labels, is_present = infer_labels(column)
    assert labels.nbytes == 8_000_000
    assert is_present.all()
    assert np.unique(labels).tolist() == words.to_pylist()
