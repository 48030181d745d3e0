"""Chooses an ensemble's members and weights by their predictions, out of fold.

Greedy forward selection with replacement (Caruana and others 2004): starts with the best one, then
adds the one with which the mean of all scores best, again and again; an ensemble is what scored
best on the way. Nothing here knows what predicted: a candidate is its predictions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.float32]
Score: TypeAlias = Callable[[Values], float]

MOST_MEMBERS = 5

# Weights are multiples of a twentieth, or coarser.
ROUNDS = 20

# Rounds without a better score after which none is expected.
PATIENCE = 3

# Scores that differ by less, of their own size, are the same: predictions have seven digits.
ROUNDING = 1e-6


def choose(
    candidates: npt.NDArray[np.float32], score: Score, most: int = MOST_MEMBERS
) -> dict[int, float]:
    """Return the chosen candidates' numbers with their weights, which sum to 1, heaviest first.

    Parameters
    ----------
    candidates
        Predictions of shape (candidates, rows, columns), the best candidate first.
    score
        Of the predictions (rows, columns) of any mean of candidates; greater is better.
    most
        How many different members there may be.
    """
    singles = [score(each) for each in candidates]
    first = int(np.argmax(singles))
    counts = np.zeros(len(candidates), dtype=np.int64)
    counts[first] = 1
    best, best_score, since = counts.copy(), singles[first], 0
    total = candidates[first].astype(np.float64)
    for size in range(2, ROUNDS + 1):
        full = np.count_nonzero(counts) >= most
        allowed = np.flatnonzero(counts) if full else np.arange(len(candidates))
        found = [score(((total + candidates[each]) / size).astype(np.float32)) for each in allowed]
        chosen = allowed[int(np.argmax(found))]
        counts[chosen] += 1
        total += candidates[chosen]
        since += 1
        if max(found) > best_score + ROUNDING * abs(best_score):
            best, best_score, since = counts.copy(), max(found), 0
        if since >= PATIENCE:
            break
    order = sorted(np.flatnonzero(best).tolist(), key=lambda each: (-best[each], each))
    return {each: float(best[each] / best.sum()) for each in order}
