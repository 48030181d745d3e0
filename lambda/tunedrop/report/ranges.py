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


def range_text(wanted: Range) -> str:
    """Return a range in words."""
    if isinstance(wanted, CategoricalRange):
        return wording.one_line(", ".join(wanted.values), 300)
    text = f"{wording.number(wanted.minimum)} to {wording.number(wanted.maximum)}"
    scale = {"Logarithmic": ", log scale", "ReverseLogarithmic": ", reverse log scale"}
    return text + scale.get(wanted.scaling, "")


def scale_of(wanted: Range) -> Scale:
    """Return the scale on which a range was searched, the best guess for Auto."""
    if isinstance(wanted, CategoricalRange):
        return "category"
    if wanted.scaling == "Logarithmic" and wanted.minimum > 0:
        return "log"
    if wanted.scaling == "ReverseLogarithmic" and wanted.maximum < 1:
        return "reverse log"
    wide = wanted.minimum > 0 and wanted.maximum / wanted.minimum >= AUTO_LOG_RATIO
    return "log" if wanted.scaling == "Auto" and wide else "linear"


def number_of(value: str) -> float | None:
    """Return a hyperparameter's string as a finite number, or None."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def edge_of(name: str, wanted: Range, value: str, class_path: str = "") -> Edge | None:
    """Return where the best value touches its range, unless that end is a natural limit.

    `class_path` is the estimator's: what it does not take is not suggested.
    """
    number = number_of(value)
    if not isinstance(wanted, NumericRange) or number is None or wanted.minimum >= wanted.maximum:
        return None
    scale = scale_of(wanted)
    low, at, high = (on_scale(scale, x) for x in (wanted.minimum, number, wanted.maximum))
    margin = EDGE * (high - low)
    possible = possible_in(class_path, name, wanted)
    if at >= high - margin and not _natural_maximum(wanted, scale):
        beyond = _beyond(wanted, scale, upper=True)
        if possible(beyond):
            return Edge(name, "upper", number, wanted.maximum, beyond, scale)
    if at <= low + margin and not _natural_minimum(wanted):
        # whole numbers are few: the next lower one may be all that is left
        further = [wanted.minimum - 1] if wanted.kind == "integer" else []
        for beyond in filter(possible, [_beyond(wanted, scale, upper=False), *further]):
            return Edge(name, "lower", number, wanted.minimum, beyond, scale)
    return None


def on_scale(scale: Scale, value: float) -> float:
    """Return where a value is on its scale, in that scale's units."""
    if scale == "log":
        return math.log10(max(value, 1e-300))
    if scale == "reverse log":
        return -math.log10(max(1 - value, 1e-300))
    return value


def _natural_maximum(wanted: NumericRange, scale: Scale) -> bool:
    """Return whether there is nothing beyond: a fraction cannot exceed 1."""
    return scale == "reverse log" or (wanted.kind == "continuous" and wanted.maximum == 1)


def _natural_minimum(wanted: NumericRange) -> bool:
    """Return whether there is nothing below: amounts start at 1, shares and penalties at 0."""
    return wanted.minimum <= (1 if wanted.kind == "integer" else 0)


def _beyond(wanted: NumericRange, scale: Scale, *, upper: bool) -> float:
    if wanted.kind == "integer" and not upper:
        return float(max(1, wanted.minimum // 2))
    if scale == "log":
        beyond = wanted.maximum * 10 if upper else wanted.minimum / 10
    else:
        length = wanted.maximum - wanted.minimum
        beyond = wanted.maximum + length if upper else wanted.minimum - length
        if not upper and beyond <= 0:
            beyond = wanted.minimum / 2
    return float(max(1, round(beyond))) if wanted.kind == "integer" else beyond


def possible_in(class_path: str, name: str, wanted: NumericRange) -> Callable[[float], bool]:
    """Return a check for numbers; all pass that scikit-learn's facts do not cover.

    Parameters
    ----------
    class_path
        As the plan has it, with or without "sklearn.".
    wanted
        The range that was searched: whole numbers may have other limits than fractions.
    """
    estimator = known_by_path("sklearn." + class_path.removeprefix("sklearn."))
    parameter = estimator.parameters.get(name) if estimator else None
    types = {each["type"] for each in intervals(parameter.takes)} if parameter else set()
    if parameter is None or not types:
        return lambda number: True
    takes, kind = parameter.takes, "int" if wanted.kind == "integer" and "int" in types else "float"
    return lambda number: kind in number_kinds(takes, number)
