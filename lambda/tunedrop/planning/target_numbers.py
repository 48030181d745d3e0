"""Numbers of a regression's target with which nobody can reckon: too large, or all but equal."""

from __future__ import annotations

from tunedrop.errors import DatasetError
from tunedrop.reading.columns import ColumnProfile

# Estimators reckon in 32-bit floats (to 3.4e38) and with squares; sums of squares lose digits.
GREATEST = 1e37
LEAST_SPREAD = 1e-30
LEAST_RELATIVE_SPREAD = 1e-12


def refuse_large_numbers(target: ColumnProfile, where: str = "") -> None:
    """Refuse numbers whose squares a float does not hold."""
    if max(abs(target.minimum or 0.0), abs(target.maximum or 0.0)) > GREATEST:
        raise _unreckonable(target, "are too large to be squared", where)


def refuse_no_spread(target: ColumnProfile) -> None:
    """Refuse numbers whose variance vanishes in a float."""
    if target.minimum is None or target.maximum is None:
        return
    reach = max(abs(target.minimum), abs(target.maximum))
    if target.maximum - target.minimum < max(LEAST_SPREAD, LEAST_RELATIVE_SPREAD * reach):
        raise _unreckonable(target, "hardly differ from one another")


def _unreckonable(target: ColumnProfile, what: str, where: str = "") -> DatasetError:
    return DatasetError(
        f"The numbers of the target {target.name!r} {what}",
        where=where,
        found=f"numbers from {target.minimum!r} to {target.maximum!r}",
        expected=f"numbers up to {GREATEST:g} that differ by {LEAST_SPREAD:g} or more, "
        "within their first twelve digits",
        to_do="Write them in another unit, or without what all of them have in common.",
    )
