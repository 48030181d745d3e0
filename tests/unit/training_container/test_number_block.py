from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from sklearn_trainer.data.features import Feature, Schema
from sklearn_trainer.data.number_block import NumberBlock, block_of
from sklearn_trainer.notes import Notes

NAMES = ["a", "b", "c"]


@pytest.fixture
def block() -> NumberBlock:
    return filled(np.nan)


def filled(value: float, row: int = 1, column: int = 1) -> NumberBlock:
    """Return a block that was filled part by part, with one value among whole numbers."""
    block, numbers = NumberBlock(NAMES, 4), np.arange(12.0).reshape(4, 3)
    numbers[row, column] = value
    for rows in (slice(0, 2), slice(2, 2), slice(2, 4)):
        for columns in (slice(0, 1), slice(1, 3)):
            reach = block.fill(rows, columns, numbers[rows, columns])
            if rows.start < rows.stop:
                part = numbers[rows, columns]
                np.testing.assert_array_equal(reach, [np.nanmin(part, 0), np.nanmax(part, 0)])
    return block


def test_columns_are_the_block_s_own_memory_and_nan_is_null(block: NumberBlock) -> None:
    arrays = block.arrays()
    assert arrays["a"].to_pylist() == [0, 3, 6, 9]
    assert arrays["b"].to_pylist() == [1, None, 7, 10]
    block.values[0, 0] = 5
    assert arrays["a"][0].as_py() == 5


def test_neighbours_are_found_again_without_a_copy(block: NumberBlock) -> None:
    table = pa.table(block.arrays())
    for names in (NAMES, ["a", "b"], ["b", "c"], ["c"]):
        found = block_of([table.column(name) for name in names])
        assert found is not None
        expected = block.values[:, [NAMES.index(name) for name in names]]
        np.testing.assert_array_equal(found, expected)
        assert np.shares_memory(found, block.values)
        assert found.flags.f_contiguous
        assert found.flags.writeable


def test_other_columns_are_no_block(block: NumberBlock) -> None:
    arrays, other = block.arrays(), NumberBlock(["d"], 4)
    other.fill(slice(0, 4), slice(0, 1), np.zeros((4, 1)))
    strangers = [other.arrays()["d"], pa.chunked_array([[1.0, 2.0, 3.0, 4.0]])]
    assert block_of([]) is None
    assert block_of([arrays["a"], arrays["c"]]) is None
    assert block_of([arrays["b"], arrays["a"]]) is None
    for stranger in strangers:
        assert block_of([arrays["c"], stranger]) is None
    assert block_of([strangers[1]]) is None
    assert block_of([arrays["a"].slice(1)]) is None
    assert block_of([pa.chunked_array([*arrays["a"].chunks, *arrays["b"].chunks])]) is None
    assert block_of([pa.chunked_array([["x"]])]) is None


def test_nulls_that_are_no_nan_are_no_block(block: NumberBlock) -> None:
    whole = block.arrays()["c"].chunk(0)
    known = pa.array([True, False, True, True]).buffers()[1]
    hidden = pa.Array.from_buffers(pa.float64(), 4, [known, whole.buffers()[1]])
    assert block_of([pa.chunked_array([hidden])]) is None


def schema(*names: str) -> Schema:
    return Schema(tuple(Feature(name, "number") for name in names))


def test_fit_gets_the_memory_that_the_reader_filled(block: NumberBlock) -> None:
    table = pa.table(block.arrays())
    frame = schema("a", "b").frame(table, Notes())
    assert np.shares_memory(frame.to_numpy(), block.values)
    assert frame["a"].tolist() == [0, 3, 6, 9]
    apart = schema("a", "c").frame(table, Notes())
    assert not np.shares_memory(apart.to_numpy(), block.values)
    assert apart["c"].tolist() == [2, 5, 8, 11]


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e38, -1e38])
def test_values_that_are_too_great_become_missing_in_a_copy(value: float) -> None:
    block = filled(value, 2, 0)
    notes = Notes()
    frame = schema(*NAMES).frame(pa.table(block.arrays()), notes)
    assert frame["a"].isna().tolist() == [False, False, True, False]
    assert block.values[2, 0] == value
    assert len(notes.sentences) == 1
    assert notes.sentences[0].startswith("Column 'a' has 1 ")
