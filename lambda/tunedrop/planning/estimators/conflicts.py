"""Values of hyperparameters that do not work together, which scikit-learn says in fit only.

Data, sklearn_conflicts.json, found by fitting tiny tables with every pair of values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.sklearn_estimators import (
    SklearnEstimator,
    by_path,
    known_by_path,
)
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import CategoricalRange, EstimatorPlan

_FILE = "sklearn_conflicts.json"
_NUMBER = "number"

# With it a metric may have what it lacks on its own.
_SETTLES = "metric_params"

# Kinds of targets whose classes are words.
_WORDS = ("categorical", "text")


def refuse_conflicts(
    plan: EstimatorPlan, config: TuningConfig, target: ColumnProfile
) -> tuple[str, ...]:
    """Refuse values with which every training job would fail that tries them.

    What is inside of the estimator is looked at too.

    Returns
    -------
    A sentence for each two lists of values of which some combinations fail and others don't.
    """
    estimator = by_path(plan.class_path)
    checks = [_Check(plan, config, estimator)]
    inner = known_by_path(plan.fixed.get(estimator.inside or "", ""))
    if inner is not None:
        checks.append(_Check(plan, config, inner, prefix=f"{estimator.inside}__"))
    return tuple(sentence for check in checks for sentence in _refuse(check, target))


def _refuse(check: _Check, target: ColumnProfile) -> Iterator[str]:
    known = _all().get(check.estimator.name, {})
    if check.is_given(_SETTLES):
        return
    for name, value in known.get("never", ()):
        if check.is_given(name) and value in check.values(name):
            raise check.error(f"cannot be fitted to a table with {name} {value!r}", name)
    for name, value in known.get("two_classes", ()) if target.distinct > 2 else ():
        if value in check.values(name):
            raise check.error(f"takes two classes only with {name} {value!r}", name)
    for name, value in known.get("more_classes", ()) if target.distinct == 2 else ():
        if value in check.values(name):
            raise check.error(f"takes three classes or more only with {name} {value!r}", name)
    for name, value in known.get("words", ()) if target.kind in _WORDS else ():
        if value in check.values(name):
            raise check.error(f"takes no words for classes with {name} {value!r}", name)
    for first, a, second, b in known.get("together", ()):
        if sentence := check.together((first, a), (second, b)):
            yield sentence


class _Check:
    """What one estimator's hyperparameters may be in a training job.

    Names are the estimator's own; `prefix` stands before them in the plan, if it is inside another.
    """

    def __init__(
        self,
        plan: EstimatorPlan,
        config: TuningConfig,
        estimator: SklearnEstimator,
        *,
        prefix: str = "",
    ) -> None:
        self.plan = plan
        self.estimator = estimator
        self.config = config
        self.prefix = prefix

    def values(self, name: str) -> Sequence[str]:
        """Return the values of a hyperparameter, as the data has them."""
        full = self.prefix + name
        if full in self.plan.fixed:
            return [_kind(self.plan.fixed[full])]
        given = self.plan.ranges.get(full)
        if isinstance(given, CategoricalRange):
            return [_kind(value) for value in given.values]
        if given is not None:
            return [_NUMBER]
        return [str(self.estimator.parameters[name].default)]

    def together(self, first: tuple[str, str], second: tuple[str, str]) -> str:
        """Refuse two values if one of them has no other partner; else say that they fail."""
        (a_name, a), (b_name, b) = first, second
        both = self.values(a_name), self.values(b_name)
        if a not in both[0] or b not in both[1]:
            return ""
        what = f"cannot be fitted with {self._called(a_name, a)} and {self._called(b_name, b)}"
        if len(set(both[0])) == 1 or len(set(both[1])) == 1:
            given = a_name if len(set(both[0])) > 1 or not self.is_given(b_name) else b_name
            raise self.error(what, given)
        return f"Some training jobs of {self.plan.key} will fail: it {what}."

    def error(self, what: str, name: str) -> TuningConfigError:
        """Return the refusal, at the place of a hyperparameter."""
        return TuningConfigError(
            f"{self.estimator.name} {what}",
            where=self.config.where_of(self.plan, self.prefix + name),
            to_do="Choose another value.",
        )

    def is_given(self, name: str) -> bool:
        """Tell whether tuning.yaml or the catalogue says something of a hyperparameter."""
        full = self.prefix + name
        return full in self.plan.fixed or full in self.plan.ranges

    def _called(self, name: str, value: str) -> str:
        shown = "a number" if value == _NUMBER else repr(value)
        return f"{name} {shown}{'' if self.is_given(name) else ' (the default)'}"


def _kind(text: str) -> str:
    """Tell numbers that switch something on from words and from 0."""
    try:
        return _NUMBER if float(text) else text
    except ValueError:
        return {"true": "True", "false": "False", "none": "None", "null": "None"}.get(text, text)


@cache
def _all() -> Mapping[str, Mapping[str, Any]]:
    text = files("tunedrop.planning.estimators").joinpath(_FILE).read_text("utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
