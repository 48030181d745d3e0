"""The constraints of one value in the service model: min, max, pattern and enum, in AWS's words."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import regex
from botocore.model import Shape, StringShape

_LENGTHS = ("string", "list", "map")


def broken_constraints(shape: Shape, value: Any) -> list[str]:
    """Say what is wrong with a value, one phrase for each broken constraint."""
    limits = shape.metadata
    what = "length" if shape.type_name in _LENGTHS else "value"
    size = len(value) if what == "length" else value
    broken = []
    if "max" in limits and size > limits["max"]:
        broken.append(f"Member must have {what} less than or equal to {limits['max']}")
    if "min" in limits and size < limits["min"]:
        broken.append(f"Member must have {what} greater than or equal to {limits['min']}")
    pattern = limits.get("pattern")
    if pattern and not _matches(pattern, value):
        broken.append(f"Member must satisfy regular expression pattern: {pattern}")
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        broken.append(f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    return broken


def _matches(pattern: str, value: str) -> bool:
    # A value that needs longer than a second of backtracking is one that no honest client sends.
    try:
        return _compiled(pattern).fullmatch(value, timeout=1) is not None
    except TimeoutError:
        return False


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> regex.Pattern[str]:
    # AWS writes Java patterns, with \p{L} and \p{Alnum}, which the standard library's re refuses.
    return regex.compile(pattern)
