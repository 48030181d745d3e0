"""What all that Confirm finds out is made of: finite numbers, with their intervals."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator

from tunedrop_common.plan import Record

Label = str | int | float | bool | None


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]
Interval = tuple[Number, Number] | None


class Finding(Record, allow_inf_nan=False):
    """Something that confirm.json holds; JSON has only finite numbers."""


class IntervalEstimate(Finding):
    """A number with its 95% interval; null where there is too little to tell."""

    value: Number
    interval: Interval = None

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """Both ends of the interval."""
        return self.interval or (None, None)

    def side_of(self, value: float) -> int:
        """Return 1 if all of the interval is above a value, -1 if all is below, else 0.

        What a sentence calls significant is decided here, by the interval that stands beside it.
        """
        low, high = self.ends
        if low is None or high is None:
            return 0
        return int(low > value) - int(high < value)


class MetricScore(Finding):
    """One metric of one contender: on the fresh folds with the verdict's interval, on test rows."""

    mean: Number
    interval: Interval = None
    test_score: Number = None
