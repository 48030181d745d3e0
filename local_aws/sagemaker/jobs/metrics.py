"""Metrics out of a training job's output: each line against each metric definition's expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import regex

# A line that keeps an expression busy for longer has no value worth waiting for.
_SECONDS_FOR_A_LINE = 1.0


class MetricReader:
    """Finds values of metrics in lines.

    Parameters
    ----------
    definitions
        MetricDefinitions of the algorithm.
    """

    def __init__(self, definitions: list[dict[str, Any]]) -> None:
        self._patterns = [(item["Name"], regex.compile(item["Regex"])) for item in definitions]

    def read(self, line: str) -> Iterator[tuple[str, float]]:
        """List the metrics that a line has, with their values."""
        for name, pattern in self._patterns:
            value = _value(pattern, line)
            if value is not None:
                yield name, value


def _value(pattern: regex.Pattern[str], line: str) -> float | None:
    try:
        found = pattern.search(line, timeout=_SECONDS_FOR_A_LINE)
        return None if found is None or found[1] is None else float(found[1])
    except (ValueError, TimeoutError):
        return None
