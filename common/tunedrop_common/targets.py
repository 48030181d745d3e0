"""The numbers that the target of a regression may have."""

from __future__ import annotations

from typing import Final

from tunedrop_common.data_text import quote
from tunedrop_common.errors import DatasetError

# Estimators compute in 32-bit floats (to 3.4e38) and with squares; sums of squares lose digits.
GREATEST: Final = 1e37
LEAST_SPREAD: Final = 1e-30
LEAST_RELATIVE_SPREAD: Final = 1e-12


def check_size(name: str, low: float, high: float, where: str = "") -> None:
    """Raise DatasetError for numbers whose squares a float does not hold."""
    if max(abs(low), abs(high)) > GREATEST:
        raise _error(name, low, high, "are too large to be squared", where)


def check_spread(name: str, low: float, high: float, where: str = "") -> None:
    """Raise DatasetError for numbers whose variance vanishes in a float."""
    if high - low < max(LEAST_SPREAD, LEAST_RELATIVE_SPREAD * max(abs(low), abs(high))):
        raise _error(name, low, high, "hardly differ from one another", where)


def _error(name: str, low: float, high: float, what: str, where: str) -> DatasetError:
    return DatasetError(
        f"The numbers of the target {quote(name)} {what}",
        where=where,
        found=f"numbers from {low!r} to {high!r}",
        expected=f"numbers up to {GREATEST:g} that differ by {LEAST_SPREAD:g} or more, "
        "within their first twelve digits",
        to_do="Write them in another unit, or without what all of them have in common.",
    )
