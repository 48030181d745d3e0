"""A hyperparameter's range as the report shows it: its scale, its edges, and advice about them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tunedrop import wording
from tunedrop.planning.estimators.sklearn_estimators import known_by_path
from tunedrop.planning.estimators.values import intervals, number_kinds
from tunedrop_common.plan import CategoricalRange, NumericRange, Range

Scale = Literal["linear", "log", "reverse log", "category"]

# A best value within this part of the range's length (on its scale) counts as at the edge.
EDGE = 0.03
# SageMaker's "Auto" picks a logarithmic scale for wide positive ranges; its rule isn't published.
AUTO_LOG_RATIO = 100


@dataclass(frozen=True)
class Edge:
    """The best value is at an end of its range."""

    hyperparameter: str
    side: Literal["lower", "upper"]
    value: float
    limit: float
    suggestion: float
    scale: Scale

    @property
    def sentence(self) -> str:
        """What to do about it."""
        start = (
            f"{self.hyperparameter} = {wording.number(self.value)} is at the {self.side} edge of "
            "its range: try "
        )
        # a linear range over orders of magnitude leaves its small values nearly unseen
        linear = self.scale == "linear" and self.side == "lower" and self.limit > 0
        if linear and self.value / self.limit >= AUTO_LOG_RATIO:
            return f"{start}a logarithmic scale, which looks closer at small values."
        return f"{start}widening it to {wording.number(self.suggestion)}."


def range_text(searched: Range) -> str:
    """Return a range in words."""
    if isinstance(searched, CategoricalRange):
        return wording.one_line(", ".join(searched.values), 300)
    text = f"{wording.number(searched.minimum)} to {wording.number(searched.maximum)}"
    scale = {"Logarithmic": ", log scale", "ReverseLogarithmic": ", reverse log scale"}
    return text + scale.get(searched.scaling, "")


def scale_of(searched: Range) -> Scale:
    """Return the scale on which a range was searched, the best guess for Auto."""
    if isinstance(searched, CategoricalRange):
        return "category"
    if searched.scaling == "Logarithmic" and searched.minimum > 0:
        return "log"
    if searched.scaling == "ReverseLogarithmic" and searched.maximum < 1:
        return "reverse log"
    wide = searched.minimum > 0 and searched.maximum / searched.minimum >= AUTO_LOG_RATIO
    return "log" if searched.scaling == "Auto" and wide else "linear"


def number_of(value: str) -> float | None:
    """Return a hyperparameter's string as a finite number, or None."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def edge_of(name: str, searched: Range, value: str, class_path: str = "") -> Edge | None:
    """Return where the best value touches its range, unless that end is a natural limit.

    `class_path` is the estimator's: what it does not take is not suggested.
    """
    number = number_of(value)
    if (
        not isinstance(searched, NumericRange)
        or number is None
        or searched.minimum >= searched.maximum
    ):
        return None
    scale = scale_of(searched)
    low, at, high = (on_scale(scale, x) for x in (searched.minimum, number, searched.maximum))
    margin = EDGE * (high - low)
    possible = possible_in(class_path, name, searched)
    if at >= high - margin and not _natural_maximum(searched, scale):
        beyond = _beyond(searched, scale, upper=True)
        if possible(beyond):
            return Edge(name, "upper", number, searched.maximum, beyond, scale)
    if at <= low + margin and not _natural_minimum(searched):
        # whole numbers are few: the next lower one may be all that is left
        further = [searched.minimum - 1] if searched.kind == "integer" else []
        for beyond in filter(possible, [_beyond(searched, scale, upper=False), *further]):
            return Edge(name, "lower", number, searched.minimum, beyond, scale)
    return None


def on_scale(scale: Scale, value: float) -> float:
    """Return where a value is on its scale, in that scale's units."""
    if scale == "log":
        return math.log10(max(value, 1e-300))
    if scale == "reverse log":
        return -math.log10(max(1 - value, 1e-300))
    return value


def _natural_maximum(searched: NumericRange, scale: Scale) -> bool:
    """Return whether there is nothing beyond: a fraction cannot exceed 1."""
    return scale == "reverse log" or (searched.kind == "continuous" and searched.maximum == 1)


def _natural_minimum(searched: NumericRange) -> bool:
    """Return whether there is nothing below: amounts start at 1, shares and penalties at 0."""
    return searched.minimum <= (1 if searched.kind == "integer" else 0)


def _beyond(searched: NumericRange, scale: Scale, *, upper: bool) -> float:
    if searched.kind == "integer" and not upper:
        return float(max(1, searched.minimum // 2))
    if scale == "log":
        beyond = searched.maximum * 10 if upper else searched.minimum / 10
    else:
        length = searched.maximum - searched.minimum
        beyond = searched.maximum + length if upper else searched.minimum - length
        if not upper and beyond <= 0:
            beyond = searched.minimum / 2
    return float(max(1, round(beyond))) if searched.kind == "integer" else beyond


def possible_in(class_path: str, name: str, searched: NumericRange) -> Callable[[float], bool]:
    """Return a check for numbers; all pass that scikit-learn's facts do not cover.

    Parameters
    ----------
    class_path
        As the plan has it, with or without "sklearn.".
    searched
        The range that was searched: whole numbers may have other limits than fractions.
    """
    estimator = known_by_path("sklearn." + class_path.removeprefix("sklearn."))
    parameter = estimator.parameters.get(name) if estimator else None
    types = {each["type"] for each in intervals(parameter.takes)} if parameter else set()
    if parameter is None or not types:
        return lambda number: True
    takes, kind = (
        parameter.takes,
        "int" if searched.kind == "integer" and "int" in types else "float",
    )
    return lambda number: kind in number_kinds(takes, number)
