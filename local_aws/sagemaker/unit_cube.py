"""A space of hyperparameters as a cube: numbers from 0 to 1 on their scale, a column a choice.

Points in the cube are always images of real values (integers are rounded), so that equal values are
equal points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

Array = NDArray[np.float64]

# Two different choices are as far apart as the two ends of an interval.
_CHOSEN = np.sqrt(0.5)


class UnitCube:
    """Encodes and decodes points.

    Parameters
    ----------
    distributions
        The hyperparameters, by name.
    """

    def __init__(self, distributions: Mapping[str, BaseDistribution]) -> None:
        self._axes = {name: _axis(item) for name, item in distributions.items()}
        widths = [axis.width for axis in self._axes.values()]
        self._ends = np.cumsum([0, *widths])
        self.groups = np.repeat(np.arange(len(widths)), widths)

    @property
    def dimensions(self) -> int:
        """How many hyperparameters there are."""
        return len(self._axes)

    def encode(self, points: Sequence[Mapping[str, Any]]) -> Array:
        """Make rows of points."""
        rows = [
            np.concatenate([axis.encode(point[name]) for name, axis in self._axes.items()])
            for point in points
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), self._ends[-1])

    def decode(self, row: Array) -> dict[str, Any]:
        """Make a point of a row."""
        return {
            name: axis.decode(row[start:end])
            for (name, axis), start, end in zip(
                self._axes.items(), self._ends[:-1], self._ends[1:], strict=True
            )
        }

    def middle(self) -> Array:
        """Make the row in the middle, with the first choices."""
        return np.concatenate([axis.middle() for axis in self._axes.values()])

    def random(self, random: np.random.Generator, count: int) -> Array:
        """Draw rows evenly."""
        return np.hstack([axis.random(random, count) for axis in self._axes.values()])

    def near(self, random: np.random.Generator, rows: Array, step: float, count: int) -> Array:
        """Draw rows near some others: about a third of their hyperparameters are moved."""
        drawn = rows[random.integers(len(rows), size=count)]
        share = max(0.34, 1.5 / self.dimensions)
        for axis, start, end in zip(
            self._axes.values(), self._ends[:-1], self._ends[1:], strict=True
        ):
            moved = random.random(count) < share
            drawn[moved, start:end] = axis.near(random, drawn[moved, start:end], step)
        return drawn


class _Choices:
    """A categorical hyperparameter."""

    def __init__(self, choices: Sequence[Any]) -> None:
        self._choices = list(choices)
        self.width = len(self._choices)
        self._rows = np.eye(self.width) * _CHOSEN

    def encode(self, value: Any) -> Array:
        return np.asarray(self._rows[self._choices.index(value)])

    def decode(self, row: Array) -> Any:
        return self._choices[int(np.argmax(row))]

    def middle(self) -> Array:
        return np.asarray(self._rows[0])

    def random(self, random: np.random.Generator, count: int) -> Array:
        return np.asarray(self._rows[random.integers(self.width, size=count)])

    def near(self, random: np.random.Generator, rows: Array, step: float) -> Array:
        """Choose anew now and then, the rarer the smaller the step."""
        anew = random.random(len(rows)) < min(1.0, 5 * step)
        return np.asarray(np.where(anew[:, None], self.random(random, len(rows)), rows))


class _Interval:
    """A numeric hyperparameter, on its scale."""

    width = 1

    def __init__(self, low: float, high: float, *, log: bool, whole: bool) -> None:
        self._low, self._high, self._log, self._whole = low, high, log, whole
        # An integer is drawn with its whole surroundings, so that the ends are no rarer.
        margin = 0.5 if whole else 0.0
        self._start, self._end = self._scaled(low - margin), self._scaled(high + margin)

    def encode(self, value: float) -> Array:
        span = self._end - self._start
        return np.array([(self._scaled(value) - self._start) / span if span else 0.5])

    def decode(self, row: Array) -> float:
        value = float(self._values(row)[0])
        return int(value) if self._whole else value

    def middle(self) -> Array:
        return np.asarray(self._real(np.array([[0.5]]))[0])

    def random(self, random: np.random.Generator, count: int) -> Array:
        return self._real(random.random((count, 1)))

    def near(self, random: np.random.Generator, rows: Array, step: float) -> Array:
        return self._real(np.clip(rows + random.normal(0, step, rows.shape), 0.0, 1.0))

    def _real(self, column: Array) -> Array:
        """Move numbers to the nearest ones that a value has."""
        if not self._whole:
            return column
        # Each integer once, and by `encode`: equal values must be equal to the last bit.
        values, places = np.unique(self._values(column.ravel()), return_inverse=True)
        return np.concatenate([self.encode(value) for value in values])[places][:, None]

    def _values(self, numbers: Array) -> Array:
        scaled = self._start + numbers * (self._end - self._start)
        values = np.clip(np.exp(scaled) if self._log else scaled, self._low, self._high)
        return np.asarray(np.rint(values) if self._whole else values)

    def _scaled(self, value: float) -> float:
        return float(np.log(value)) if self._log else float(value)


def _axis(distribution: BaseDistribution) -> _Choices | _Interval:
    if isinstance(distribution, CategoricalDistribution):
        return _Choices(distribution.choices)
    if isinstance(distribution, IntDistribution | FloatDistribution):
        whole = isinstance(distribution, IntDistribution)
        return _Interval(distribution.low, distribution.high, log=distribution.log, whole=whole)
    raise TypeError(f"{distribution} is no distribution of a range")
