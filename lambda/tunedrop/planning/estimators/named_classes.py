"""Weights of the target's classes: `class_weight`, by the names of the classes.

The training container gives the names the classes' own type; a name that is no class is an error
here already, where PlanRun has seen every row.
"""

from __future__ import annotations

import ast
from typing import Any

from tunedrop.errors import TuningConfigError
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import EstimatorPlan

_WEIGHTS = "class_weight"
_SHOWN = 20


def check_class_weights(
    plan: EstimatorPlan, config: TuningConfig, target: ColumnProfile, *, complete: bool
) -> None:
    """Check that weights are numbers, each of a class that the target has.

    Parameters
    ----------
    complete
        Whether the target's profile rests on every row; otherwise any name may be a class.
    """
    classes = {_text(label) for label in target.labels} if complete else set()
    shown = ", ".join(map(repr, sorted(classes)[:_SHOWN]))
    expected = shown + (", ..." if len(classes) > _SHOWN else "")
    for name in (*plan.fixed, *plan.ranges):
        if name.rpartition("__")[2] != _WEIGHTS:
            continue
        where = config.where_of(plan, name)
        for text in plan.listed_values(name):
            weights = ast.literal_eval(text) if text.startswith("{") else {}
            for label, weight in weights.items():
                if isinstance(weight, bool) or not isinstance(weight, int | float) or weight < 0:
                    raise TuningConfigError(
                        f"The weight of the class {label!r} in {name} is not a number from 0 on",
                        where=where,
                        found=repr(weight)[:80],
                        to_do="Correct the value.",
                    )
                if classes and _text(label) not in classes:
                    raise TuningConfigError(
                        f"{name} names a class that the target {target.name!r} does not have",
                        where=where,
                        found=repr(label)[:80],
                        expected=expected,
                        to_do="Correct the value.",
                    )


def _text(label: Any) -> str:
    """Return the same for true and True, 1 and 1.0."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    text = str(label)
    return text.lower() if text.lower() in ("true", "false") else text
