"""Folds of rows that are in the order of time: learn from the past, score what comes after it.

Rows of the same time are always on the same side of a cut.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import TimeSeriesSplit

from sklearn_trainer.errors import DatasetError

Times: TypeAlias = npt.NDArray[Any]
Rows: TypeAlias = npt.NDArray[np.int64]
Fold: TypeAlias = tuple[Rows, Rows]


def consecutive(times: Times, folds: int) -> list[Fold]:
    """Return scikit-learn's TimeSeriesSplit, its cuts moved to where the time changes."""
    starts = [int(scored[0]) for _, scored in TimeSeriesSplit(folds).split(times)]
    return _some(_between([*starts, len(times)], times))


def repeated(times: Times, folds: int, repeats: int, seed: int) -> list[Fold]:
    """Return folds with cuts of their own in every repeat, as wide as the consecutive ones.

    The first part is between a half and a whole width long, so that the cuts fall elsewhere.
    """
    width = len(times) // (folds + 1)
    generator = np.random.default_rng(seed)
    most = max(width // 2, 1)
    shorter = 1 + generator.permutation(most)[np.arange(repeats) % most]
    firsts = np.maximum(width - shorter, 1)
    found = [
        fold
        for first in firsts
        for fold in _between([int(first) + i * width for i in range(folds + 1)], times)
    ]
    return found if len(found) > 1 else consecutive(times, folds)


def latest(times: Times, fraction: float) -> Fold:
    """Return the earlier rows, and the latest ones: about so many of all."""
    cut = len(times) - max(1, round(len(times) * fraction))
    return _some(_between([cut, len(times)], times))[0]


def _between(cuts: list[int], times: Times) -> list[Fold]:
    """Make a fold of each two cuts that still have rows between them, and before them."""
    moved = sorted({_moved(cut, times) for cut in cuts})
    return [
        (np.arange(start), np.arange(start, end)) for start, end in pairwise(moved) if start > 0
    ]


def _some(folds: list[Fold]) -> list[Fold]:
    if not folds:
        raise DatasetError(
            "All rows have the same time, so that none comes after another",
            where="time_column",
            to_do="Name another time_column in tuning.yaml, or none.",
        )
    return folds


def _moved(cut: int, times: Times) -> int:
    """Return the nearest row at which the time changes, at the start, or beyond the end."""
    if cut >= len(times):
        return len(times)
    before = int(np.searchsorted(times, times[cut], side="left"))
    after = int(np.searchsorted(times, times[cut], side="right"))
    if before == 0 and cut > 0:
        return after
    return before if after == len(times) or cut - before <= after - cut else after
