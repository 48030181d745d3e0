"""Hyperparameters that are about the target's classes: by their names, or one number for each.

The training container gives the names the classes' own type; what is none is refused here already,
where PlanRun has seen every row.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from tunedrop.errors import TuningConfigError
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import EstimatorPlan

_WEIGHTS = "class_weight"
_ONE_CLASS = ("pos_label", "constant", "outlier_label")
_NO_CLASS = ("None", "most_frequent")
_ONE_NUMBER_EACH = ("priors", "class_prior")
_ADD_UP_TO_1, _ROUNDING = "priors", 1e-6
_SHOWN = 20

# They number the classes before they fit the estimators inside.
_RENUMBER = (
    "BaggingClassifier", "OneVsRestClassifier", "OneVsOneClassifier", "OutputCodeClassifier",
)  # fmt: skip


def refuse_unknown_classes(
    plan: EstimatorPlan, config: TuningConfig, target: ColumnProfile, *, complete: bool
) -> None:
    """Refuse names that are none of the target's classes, and lists that do not fit their number.

    Parameters
    ----------
    complete
        Whether the target's profile rests on every row; otherwise any name may be a class.
    """
    check = _Check(plan, config, target, complete)
    for name, text in _values(plan):
        inner = name.rpartition("__")[2]
        if inner == _WEIGHTS and text.startswith("{"):
            check.weights(name, ast.literal_eval(text))
        elif inner in _ONE_CLASS and text not in _NO_CLASS:
            check.known(name, text)
        elif inner in _ONE_NUMBER_EACH and text[:1] in ("(", "["):
            check.one_each(name, ast.literal_eval(text))


class _Check:
    """The target's classes, and the refusals about one estimator."""

    def __init__(
        self, plan: EstimatorPlan, config: TuningConfig, target: ColumnProfile, complete: bool
    ) -> None:
        self.plan = plan
        self.config = config
        self.target = target
        self.classes = {_text(label) for label in target.labels} if complete else set()

    def weights(self, name: str, given: dict[Any, Any]) -> None:
        """Refuse weights that are no numbers, or of no class."""
        outer = self.plan.class_path.rpartition(".")[2]
        if name != _WEIGHTS and outer in _RENUMBER:
            raise self.error(
                f"The models inside {outer} know the classes by numbers of its own",
                name,
                found=repr(given),
                expected="'balanced', or null",
            )
        for label, weight in given.items():
            if isinstance(weight, bool) or not isinstance(weight, int | float) or weight < 0:
                raise self.error(
                    f"The weight of the class {label!r} in {name} is not a number from 0 on",
                    name,
                    found=repr(weight),
                )
            self.known(name, label)

    def known(self, name: str, given: Any) -> None:
        """Refuse what is no class."""
        if not self.classes or _text(given) in self.classes:
            return
        shown = ", ".join(repr(each) for each in sorted(self.classes)[:_SHOWN])
        raise self.error(
            f"{name} names a class that the target {self.target.name!r} does not have",
            name,
            found=repr(given),
            expected=shown + (", ..." if len(self.classes) > _SHOWN else ""),
        )

    def one_each(self, name: str, given: Any) -> None:
        """Refuse a list that is shorter or longer than that of the classes."""
        if self.classes and len(given) != self.target.distinct:
            raise self.error(
                f"{name} has one number for each class of the target, in their order",
                name,
                found=f"{len(given)} numbers",
                expected=f"{self.target.distinct}, as {self.target.name!r} has so many classes",
            )

        if name.endswith(_ADD_UP_TO_1) and abs(sum(given) - 1) > _ROUNDING:
            raise self.error(
                f"The numbers of {name} do not add up to 1",
                name,
                found=f"{sum(given):g}",
                expected="1, as they are shares of the classes",
            )

    def error(self, what: str, name: str, *, found: str, expected: str = "") -> TuningConfigError:
        """Return the refusal, at the place of a hyperparameter."""
        return TuningConfigError(
            what,
            where=self.config.where_of(self.plan, name),
            found=found[:80],
            expected=expected,
            to_do="Correct the value.",
        )


def _values(plan: EstimatorPlan) -> Iterator[tuple[str, str]]:
    for name in (*plan.fixed, *plan.ranges):
        yield from ((name, text) for text in plan.listed_values(name))


def _text(label: Any) -> str:
    """Return the same for true and True, 1 and 1.0."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    text = str(label)
    return text.lower() if text.lower() in ("true", "false") else text
