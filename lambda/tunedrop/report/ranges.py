"""Ranges of hyperparameters: their text and scale, and a hint if the best value is at an end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from tunedrop import wording
from tunedrop_common.plan import CategoricalRange, NumericRange, Range

Scale = Literal["linear", "log", "category"]

# A best value within this part of the range's length (on its scale) counts as at the edge.
EDGE = 0.03
# SageMaker's "Auto" picks a logarithmic scale for wide positive ranges; its rule isn't published.
AUTO_LOG_RATIO = 100


def range_text(searched: Range) -> str:
    """Return a range in words."""
    if isinstance(searched, CategoricalRange):
        return wording.one_line(", ".join(searched.values), 300)
    text = f"{wording.number(searched.minimum)} to {wording.number(searched.maximum)}"
    scale = {"Logarithmic": ", log scale", "ReverseLogarithmic": ", reverse log scale"}
    return text + scale.get(searched.scaling, "")


def values_text(hyperparameters: Mapping[str, str]) -> str:
    """Return hyperparameters on one line, their numbers short.

    Example
    -------
    >>> values_text({"max_depth": "4", "C": "0.123456789"})
    'C=0.1235, max_depth=4'
    """
    pairs = (f"{name}={_short(value)}" for name, value in sorted(hyperparameters.items()))
    return wording.one_line(", ".join(pairs), 400)


def _short(value: str) -> str:
    number = number_of(value) if "." in value else None
    # a comma parts hyperparameters from one another
    return value if number is None else wording.number(number).replace(",", "")


def scale_of(searched: Range) -> Scale:
    """Return the scale on which a range is shown: linear for a reversed logarithmic one.

    For Auto it is the best guess.
    """
    if isinstance(searched, CategoricalRange):
        return "category"
    if searched.scaling == "Logarithmic" and searched.minimum > 0:
        return "log"
    wide = searched.minimum > 0 and searched.maximum / searched.minimum >= AUTO_LOG_RATIO
    return "log" if searched.scaling == "Auto" and wide else "linear"


def number_of(value: str) -> float | None:
    """Return a hyperparameter's string as a finite number, or None."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def edge_hint(name: str, searched: Range, value: str) -> str:
    """Return a hint that the best value is at the end of its range; empty if it is not.

    An end beyond which there are no values, like 1 of a fraction, gives no hint.
    """
    number = number_of(value)
    if (
        not isinstance(searched, NumericRange)
        or number is None
        or searched.minimum >= searched.maximum
    ):
        return ""
    scale = scale_of(searched)
    low, position, high = (on_scale(scale, x) for x in (searched.minimum, number, searched.maximum))
    margin = EDGE * (high - low)
    # amounts start at 1, shares and penalties at 0; a fraction cannot exceed 1
    is_natural_low = searched.minimum <= (1 if searched.kind == "integer" else 0)
    is_natural_high = searched.kind == "continuous" and (
        searched.maximum == 1 or searched.scaling == "ReverseLogarithmic"
    )
    if position >= high - margin and not is_natural_high:
        end = "upper"
    elif position <= low + margin and not is_natural_low:
        end = "lower"
    else:
        return ""
    start = f"The best {name}, {wording.number(number)}, is at the {end} end of its range"
    # a linear range over orders of magnitude hardly samples its small values
    if end == "lower" and scale == "linear" and 0 < searched.minimum * AUTO_LOG_RATIO <= number:
        return f"{start}: use a logarithmic scale."
    return f"{start}: widen it, if the estimator allows."


def on_scale(scale: Scale, value: float) -> float:
    """Return where a value is on its scale, in that scale's units."""
    return math.log10(max(value, 1e-300)) if scale == "log" else value
