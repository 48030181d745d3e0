"""Densities of a hyperparameter's values on a grid: a Parzen estimator with Scott's bandwidth.

A kernel is a normal distribution on the grid, cut off at its ends; one more, as wide as the range,
stands for what is not known (the prior). Categories take the kernels of Aitchison and Aitken.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from tunedrop.report.ranges import number_of, on_scale, scale_of
from tunedrop_common.plan import CategoricalRange, NumericRange, Range

GRID = 50
PRIOR_WEIGHT = 1.0
_TINY = 1e-12
# 90 % of the narrowest kernel lie in one cell of the grid.
_NARROWEST = 0.5 / 1.64


def density(values: Sequence[str], searched: Range) -> list[float]:
    """Return how likely each cell of the grid, or each category, is by these values."""
    if isinstance(searched, CategoricalRange):
        places = {value: index for index, value in enumerate(searched.values)}
        counts = Counter(places[value] for value in values)
        return _categorical(counts, len(searched.values))
    size = _grid_size(searched)
    return _numeric(Counter(_cell(value, searched, size) for value in values), size)


def _grid_size(searched: NumericRange) -> int:
    if searched.kind == "continuous":
        return GRID
    span = round(searched.maximum) - round(searched.minimum)
    if scale_of(searched) == "log":
        return min(math.ceil(math.log2(span + 1)) + 1, GRID)
    return min(span + 1, GRID)


def _cell(value: str, searched: NumericRange, size: int) -> int:
    """Return the cell that a value falls into; a value in the middle goes to the lower one."""
    scale = scale_of(searched)
    low, high = on_scale(scale, searched.minimum), on_scale(scale, searched.maximum)
    at = on_scale(scale, number_of(value) or 0.0)
    cell = math.ceil((at - low) / ((high - low) / (size - 1)) - 0.5)
    return min(max(cell, 0), size - 1)


def _categorical(counts: Counter[int], size: int) -> list[float]:
    kernels = len(counts) + 1
    base = PRIOR_WEIGHT / kernels
    total = sum(counts.values()) + PRIOR_WEIGHT
    found = [PRIOR_WEIGHT / total / size] * size
    for place, count in counts.items():
        row = 1 + base * size
        for index in range(size):
            found[index] += count / total * (base + (index == place)) / row
    return [value + _TINY for value in found]


def _numeric(counts: Counter[int], size: int) -> list[float]:
    cells = sorted(counts)
    weights = [counts[cell] for cell in cells]
    total = sum(weights)
    width = max(_bandwidth(cells, weights), _NARROWEST)
    kernels: list[tuple[float, float, float]]
    kernels = [(cell, width, weight) for cell, weight in zip(cells, weights, strict=True)]
    kernels.append(((size - 1) / 2, size, PRIOR_WEIGHT))
    found = [0.0] * size
    for middle, sigma, weight in kernels:
        whole = _mass((-0.5 - middle) / sigma, (size - 0.5 - middle) / sigma)
        share = weight / (total + PRIOR_WEIGHT) / whole
        for cell in range(size):
            found[cell] += share * _mass(
                (cell - 0.5 - middle) / sigma, (cell + 0.5 - middle) / sigma
            )
    return [value + _TINY for value in found]


def _bandwidth(cells: Sequence[int], weights: Sequence[int]) -> float:
    """Scott (1992): by the spread of the values, or by their quartiles where that is less."""
    total = sum(weights)
    pairs = [*zip(cells, weights, strict=True)]
    mean = sum(cell * weight for cell, weight in pairs) / total
    squares = sum(weight * (cell - mean) ** 2 for cell, weight in pairs)
    sums = [*accumulate(weights)]
    first = cells[bisect_left(sums, total // 4)]
    third = cells[min(len(cells) - 1, bisect_right(sums, total * 3 // 4))]
    spread = min((third - first) / 1.34, math.sqrt(squares / max(1, total - 1)))
    return float(1.059 * spread * total**-0.2)


def _mass(low: float, high: float) -> float:
    """Return the share of a standard normal distribution between two points."""
    if low > 0:
        low, high = -high, -low
    root = math.sqrt(2)
    if high <= 0:
        return (math.erfc(-high / root) - math.erfc(-low / root)) / 2
    return (math.erf(high / root) - math.erf(low / root)) / 2
