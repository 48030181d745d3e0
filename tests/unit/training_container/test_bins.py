from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_trainer.explanation.bins import Scale, bin_of, equal_cuts, kept_cuts

numbers = st.lists(
    st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6)), min_size=1, max_size=200
).map(lambda found: np.array(found))


@given(numbers, st.integers(1, 12), st.integers(1, 30))
def test_no_bin_has_too_few_values_and_none_is_lost(
    values: np.ndarray, most: int, fewest: int
) -> None:
    cuts = equal_cuts(values, most, fewest)
    bins = bin_of(values, cuts)
    counts = np.bincount(bins, minlength=len(cuts) + 1)
    assert len(counts) <= most
    assert counts.sum() == len(values)
    assert len(cuts) == 0 or counts.min() >= fewest
    for number in range(1, len(counts)):
        assert values[bins == number - 1].max() <= cuts[number - 1] < values[bins == number].min()


def test_distinct_values_are_cut_into_equal_counts() -> None:
    values = np.random.default_rng(1).permutation(200).astype(float)
    assert np.bincount(bin_of(values, equal_cuts(values, 10))).tolist() == [20] * 10
    assert len(equal_cuts(values, 20)) == 9
    assert len(equal_cuts(np.zeros(200), 10)) == 0


@pytest.mark.parametrize(
    ("values", "cuts", "expected"),
    [
        ([18, 90], [30, 42], ["up to 30", "31 to 42", "43 or more"]),
        ([0, 3], [0, 1], ["up to 0", "1", "2 or more"]),
        (
            [12_000.5, 90_000],
            [25_230, 40_000],
            ["up to 25,230", "25,230 to 40,000", "above 40,000"],
        ),
        ([1990, 2020], [1999, 2010], ["up to 1999", "2000 to 2010", "2011 or more"]),
        ([-0.5, 0.25], [-0.1, 0.05], ["up to -0.1", "-0.1 to 0.05", "above 0.05"]),
        ([1e20, 3e20], [2e20], ["up to 2e+20", "2e+20 or more"]),
        ([1, 2], [], ["all"]),
    ],
)
def test_bins_are_named_as_people_write_numbers(
    values: list[float], cuts: list[float], expected: list[str]
) -> None:
    assert Scale.of(np.array(values, dtype=float)).names(np.array(cuts, dtype=float)) == expected


@given(numbers)
def test_rounded_cuts_still_keep_enough_values_apart(values: np.ndarray) -> None:
    scale = Scale.of(values)
    cuts = kept_cuts(values, scale.rounded(np.quantile(values, (0.25, 0.5, 0.75))), 5)
    counts = np.bincount(bin_of(values, cuts), minlength=len(cuts) + 1)
    assert len(cuts) == 0 or counts.min() >= 5
    assert len(set(scale.names(cuts))) == len(cuts) + 1
