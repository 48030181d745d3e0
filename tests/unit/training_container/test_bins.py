from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_trainer.explanation.bins import FEWEST_ROWS, assign_bins, bin_numbers, cut_points

numbers = st.lists(
    st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6)), min_size=1, max_size=200
).map(lambda values: np.array(values))


@given(numbers, st.integers(1, 12))
def test_no_bin_has_too_few_values_and_none_is_lost(values: np.ndarray, most: int) -> None:
    cuts = cut_points(values, most)
    bins = assign_bins(values, cuts)
    counts = np.bincount(bins, minlength=len(cuts) + 1)
    assert len(counts) <= most
    assert counts.sum() == len(values)
    assert len(cuts) == 0 or counts.min() >= FEWEST_ROWS
    for number in range(1, len(counts)):
        assert values[bins == number - 1].max() <= cuts[number - 1] < values[bins == number].min()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.arange(1, 91), ("up to 23", "24 to 45", "46 to 67", "68 or more")),
        (np.repeat([0.0, 1.0, 2.0, 3.0], 25), ("up to 0", "1", "2", "3 or more")),
        (
            np.arange(1990.0, 2070.0),
            ("up to 2009", "2010 to 2029", "2030 to 2049", "2050 or more"),
        ),
        (
            np.arange(80) / 160 - 0.25,
            ("up to -0.127", "-0.127 to -0.003", "-0.003 to 0.12", "above 0.12"),
        ),
        (np.zeros(100), ("all",)),
        (np.array([]), ("all",)),
    ],
)
def test_bins_are_named_as_people_write_numbers(
    values: np.ndarray, expected: tuple[str, ...]
) -> None:
    assert bin_numbers(values.astype(np.float64), 4).names == expected
