"""What is tuned of an estimator: the catalogue's default ranges, or what tuning.yaml says instead.

The catalogue is data, search_spaces.json; each of its ranges says where it comes from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from tunedrop.errors import TuningConfigError
from tunedrop.plan import CategoricalRange, EstimatorPlan, NumericRange, Range
from tunedrop.planning.hyperparameters import (
    check_range,
    check_value,
    takes_whole_numbers_only,
    to_text,
)
from tunedrop.planning.tuning_config import (
    MAX_VALUE_LENGTH,
    MAX_VALUES,
    EstimatorConfig,
    NumericRangeConfig,
    TuningConfig,
    Value,
)
from tunedrop.reading.target import Task

DEFAULT_ESTIMATORS = ("hist_gradient_boosting", "linear")

_FILE = "search_spaces.json"
_SEED = "random_state"

_Scaling = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]
_SCALINGS: dict[str, _Scaling] = {
    "auto": "Auto",
    "linear": "Linear",
    "log": "Logarithmic",
    "reverse_log": "ReverseLogarithmic",
}


@dataclass(frozen=True)
class SearchSpace:
    """The catalogue's entry of an estimator for a task."""

    key: str
    title: str
    class_path: str
    probabilities: bool
    seeded: bool
    fixed: Mapping[str, str]
    ranges: Mapping[str, Range]
    sources: Mapping[str, str]


def search_space(key: str, task: Task) -> SearchSpace:
    """Return the catalogue's entry."""
    entry = _catalogue()[key]
    space = entry[task]
    return SearchSpace(
        key=key,
        title=entry["title"],
        class_path=space["class"],
        probabilities=space["probabilities"],
        seeded=space["seeded"],
        fixed=space["fixed"],
        ranges={name: _catalogue_range(given) for name, given in space["ranges"].items()},
        sources={name: given["source"] for name, given in space["ranges"].items()},
    )


def estimator_keys() -> tuple[str, ...]:
    """Return the names of all estimators of the catalogue."""
    return tuple(_catalogue())


def resolve_estimator(space: SearchSpace, config: TuningConfig, seed: int) -> EstimatorPlan:
    """Put together what tuning.yaml and the catalogue say about one estimator.

    `ranges` of tuning.yaml replace the catalogue's; what is `fixed` is not tuned.
    """
    told = (config.estimators or {}).get(space.key) or EstimatorConfig()  # type: ignore[call-overload]
    own_fixed = {
        name: _checked_value(space, config, name, value) for name, value in told.fixed.items()
    }
    if told.ranges is None:
        ranges = {n: r for n, r in space.ranges.items() if n not in own_fixed}
    else:
        ranges = {n: _own_range(space, config, n, given) for n, given in told.ranges.items()}
    _refuse_both(space, config, told)
    if not ranges:
        raise TuningConfigError(
            f"Nothing is left to tune of {space.key}",
            where=config.where("estimators", space.key),
            expected="at least one range",
            to_do="Take a hyperparameter out of `fixed`, or give `ranges`.",
        )
    fixed = {n: v for n, v in {**space.fixed, **own_fixed}.items() if n not in ranges}
    if space.seeded and _SEED not in ranges:
        fixed.setdefault(_SEED, str(seed))
    return EstimatorPlan(key=space.key, class_path=space.class_path, fixed=fixed, ranges=ranges)


def _checked_value(space: SearchSpace, config: TuningConfig, name: str, value: Value) -> str:
    text = to_text(value)
    check_value(space.class_path, name, text, config.where("estimators", space.key, "fixed", name))
    return text


def _own_range(
    space: SearchSpace,
    config: TuningConfig,
    name: str,
    given: NumericRangeConfig | list[Value],
) -> Range:
    where = config.where("estimators", space.key, "ranges", name)
    if isinstance(given, list):
        return _own_values(space, name, given, where)
    known = space.ranges.get(name)
    known = known if isinstance(known, NumericRange) else None
    kind = _kind(given, known, space.class_path, name)
    if kind == "integer" and given.min == given.max:
        raise TuningConfigError("min and max are equal", where=where, to_do="Widen the range.")
    numeric = NumericRange(
        kind=kind,
        minimum=given.min,
        maximum=given.max,
        scaling=_scaling(given, known, kind),
    )
    check_range(space.class_path, name, numeric, where)
    return numeric


def _own_values(space: SearchSpace, name: str, given: list[Value], where: str) -> CategoricalRange:
    texts = tuple(to_text(value) for value in given)
    if not 1 <= len(texts) <= MAX_VALUES or len(set(texts)) < len(texts):
        raise TuningConfigError(
            f"The list of values of {name} cannot be tuned",
            where=where,
            found=f"{len(texts)} values, {len(set(texts))} of them different",
            expected=f"1 to {MAX_VALUES} different values",
            to_do="Correct the list, or give a range with min and max.",
        )
    for text in texts:
        check_value(space.class_path, name, text, where)
        if len(text) > MAX_VALUE_LENGTH or not text:
            raise TuningConfigError(
                f"A value of {name} is empty or too long",
                where=where,
                found=f"{len(text)} characters",
                expected=f"1 to {MAX_VALUE_LENGTH}",
                to_do="Correct the list.",
            )
    return CategoricalRange(kind="categorical", values=texts)


def _kind(
    given: NumericRangeConfig, known: NumericRange | None, class_path: str, name: str
) -> Literal["integer", "continuous"]:
    """Choose between int and float: as told, as the estimator needs it, as the numbers look."""
    if given.type is not None:
        return "integer" if given.type == "int" else "continuous"
    whole = float(given.min).is_integer() and float(given.max).is_integer()
    if whole and takes_whole_numbers_only(class_path, name):
        return "integer"
    if known is not None:
        return known.kind if whole or known.kind == "continuous" else "continuous"
    both_int = isinstance(given.min, int) and isinstance(given.max, int)
    return "integer" if both_int else "continuous"


def _scaling(
    given: NumericRangeConfig, known: NumericRange | None, kind: Literal["integer", "continuous"]
) -> _Scaling:
    if given.scaling is not None:
        return _SCALINGS[given.scaling]
    if known is None or (known.scaling == "Logarithmic" and given.min <= 0):
        return "Auto"
    return known.scaling


def _refuse_both(space: SearchSpace, config: TuningConfig, told: EstimatorConfig) -> None:
    both = sorted(set(told.ranges or ()) & set(told.fixed))
    if both:
        raise TuningConfigError(
            f"{both[0]} is both tuned and fixed",
            where=config.where("estimators", space.key, "fixed", both[0]),
            to_do="Remove it from `ranges` or from `fixed`.",
        )


def _catalogue_range(given: Mapping[str, Any]) -> Range:
    if given["type"] == "categorical":
        return CategoricalRange(kind="categorical", values=tuple(given["values"]))
    return NumericRange(
        kind="integer" if given["type"] == "int" else "continuous",
        minimum=given["min"],
        maximum=given["max"],
        scaling=_SCALINGS[given["scaling"]],
    )


@cache
def _catalogue() -> dict[str, Any]:
    text = files("tunedrop.planning").joinpath(_FILE).read_text("utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
