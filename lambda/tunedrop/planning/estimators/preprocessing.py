"""What the preprocessing's hyperparameters take, as the constraints of scikit-learn's own."""

from __future__ import annotations

from typing import Final

from tunedrop.planning.estimators.sklearn_estimators import Constraint
from tunedrop_common.preprocessing import CHOICES, NUMBERS, PREFIX


def _number(low: int, high: int | None) -> Constraint:
    return {"type": "int", "low": low, "high": high, "closed": "both" if high else "left"}


PREPROCESSING: Final[dict[str, tuple[Constraint, ...]]] = {
    **{f"{PREFIX}{name}": ({"options": list(words)},) for name, words in CHOICES.items()},
    **{f"{PREFIX}{name}": (_number(*bounds),) for name, bounds in NUMBERS.items()},
}
