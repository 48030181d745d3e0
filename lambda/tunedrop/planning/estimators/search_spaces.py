"""What is tuned of an estimator: the catalogue's default ranges, or tuning.yaml's instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators import catalogue
from tunedrop.planning.estimators.constraints import to_text
from tunedrop.planning.estimators.hyperparameters import (
    check_range,
    checked_value,
    constraints_of,
    number_types,
    tunable,
)
from tunedrop.planning.estimators.names import find_class
from tunedrop.planning.estimators.sklearn_estimators import SklearnEstimator
from tunedrop.planning.tuning_config.model import (
    MAX_FIXED_LENGTH,
    MAX_VALUE_LENGTH,
    MAX_VALUES,
    EstimatorConfig,
    NumericRangeConfig,
    TuningConfig,
    Value,
)
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, NumericRange, Range, Task

DEFAULT_ESTIMATORS = ("hist_gradient_boosting", "linear")

_SEED = "random_state"
_GREATEST = 1e15  # a whole number below it is exact in any 64-bit float


@dataclass(frozen=True)
class SearchSpace:
    """An estimator that tuning.yaml or a default names, and the catalogue's ranges for it.

    `key` is the catalogue's name or the class's; `written` is the name as tuning.yaml has it.
    """

    key: str
    written: str
    estimator: SklearnEstimator
    defaults: catalogue.ClassSpace

    @property
    def class_path(self) -> str:
        """The dotted path of the class."""
        return self.estimator.path


def search_space(written: str, task: Task, where: str = "") -> SearchSpace:
    """Return what a name stands for; refuse an estimator that cannot learn the task."""
    in_catalogue = written in catalogue.names()
    name = catalogue.class_name(written, task) if in_catalogue else written
    estimator = find_class(name, task, where)
    key = written if in_catalogue else estimator.name
    return SearchSpace(key, written, estimator, catalogue.space_of(estimator.name))


def resolve_estimator(space: SearchSpace, config: TuningConfig, seed: int) -> EstimatorPlan:
    """Put together what tuning.yaml and the catalogue say about one estimator.

    `ranges` of tuning.yaml replace the catalogue's; what is `fixed` is not tuned.
    """
    told = config.estimator(space.written)
    _refuse_both(space, config, told)
    usual = space.defaults.fixed_beside({*told.fixed, *(told.ranges or ())})
    own_fixed = _own_fixed(space, config, told, usual)
    ranges: dict[str, Range]
    if told.ranges is None:
        ranges = {
            n: r
            for n, r in space.defaults.ranges.items()
            if n not in own_fixed and n.partition("__")[0] not in own_fixed
        }
    else:
        inside = {**usual, **own_fixed}
        ranges = {n: _own_range(space, config, n, g, inside) for n, g in told.ranges.items()}
    _refuse_incomplete(space, config, {*own_fixed, *ranges, *usual})
    if not ranges:
        raise _nothing_to_tune(space, config)
    if config.strategy != "grid" and _combinations(ranges) == 1:
        raise TuningConfigError(
            f"Nothing is left to tune of {space.key}: every list has a single value",
            where=config.where("estimators", space.written, "ranges"),
            expected="two values or more, or a range with min and max",
            to_do="Write more values, or move what is not tuned to `fixed` and take another range.",
        )
    fixed = {n: v for n, v in {**usual, **own_fixed}.items() if n not in ranges}
    if space.estimator.seeded and _SEED not in ranges:
        fixed.setdefault(_SEED, str(seed))
    return EstimatorPlan(
        key=space.key,
        class_path=space.class_path,
        fixed=fixed,
        ranges=ranges,
        fixed_by_config=sorted(own_fixed),
    )


def about_few_combinations(plan: EstimatorPlan, training_jobs: int) -> str:
    """Return a warning where there are more training jobs than combinations; "" elsewhere."""
    count = _combinations(plan.ranges)
    if count is None or count >= training_jobs:
        return ""
    return (
        f"{plan.key} has {count} combinations of values and {training_jobs} training jobs: some "
        "try again what others tried. `strategy: grid` tries each list of values once."
    )


def _combinations(ranges: Mapping[str, Range]) -> int | None:
    """Count the combinations of values; None where a range has no end of them."""
    count = 1
    for given in ranges.values():
        if isinstance(given, CategoricalRange):
            count *= len(given.values)
        elif given.kind == "integer":
            count *= round(given.maximum - given.minimum) + 1
        else:
            return None
    return count


def _own_fixed(
    space: SearchSpace, config: TuningConfig, told: EstimatorConfig, usual: Mapping[str, str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    # What is inside comes first: it decides what the names with two underscores are.
    for name in sorted(told.fixed, key=lambda each: each != space.estimator.inside):
        where = config.where("estimators", space.written, "fixed", name)
        text = to_text(told.fixed[name])
        if len(text) > MAX_FIXED_LENGTH:
            raise TuningConfigError(
                f"The value of {name} is longer than SageMaker takes",
                where=where,
                found=f"{len(text)} characters",
                expected=f"at most {MAX_FIXED_LENGTH}",
                to_do="Shorten it.",
            )
        inside = {**usual, **found}
        found[name] = checked_value(space.estimator, name, text, where, inside)
    return found


def _own_range(
    space: SearchSpace,
    config: TuningConfig,
    name: str,
    given: NumericRangeConfig | list[Value],
    inside: Mapping[str, str],
) -> Range:
    where = config.where("estimators", space.written, "ranges", name)
    if isinstance(given, list):
        return _own_values(space.estimator, name, given, where, inside)
    if max(abs(given.min), abs(given.max)) > _GREATEST:
        raise TuningConfigError(
            f"The range of {name} is beyond what is tried",
            where=where,
            found=f"{given.min} to {given.max}",
            expected=f"numbers from -{_GREATEST:g} to {_GREATEST:g}",
            to_do="Correct min and max.",
        )
    known = space.defaults.ranges.get(name)
    known = known if isinstance(known, NumericRange) else None
    types = number_types(constraints_of(space.estimator, name, where, inside))
    kind = _kind(given, known, types)
    numeric = NumericRange(
        kind=kind,
        minimum=given.min,
        maximum=given.max,
        scaling=_scaling(given, known),
    )
    check_range(space.estimator, name, numeric, where, inside)
    return numeric


def _own_values(
    estimator: SklearnEstimator,
    name: str,
    given: list[Value],
    where: str,
    inside: Mapping[str, str],
) -> CategoricalRange:
    texts = tuple(checked_value(estimator, name, to_text(value), where, inside) for value in given)
    if not 1 <= len(texts) <= MAX_VALUES or len(set(texts)) < len(texts):
        raise TuningConfigError(
            f"The list of values of {name} cannot be tuned",
            where=where,
            found=f"{len(texts)} values, {len(set(texts))} of them different",
            expected=f"1 to {MAX_VALUES} different values",
            to_do="Correct the list, or give a range with min and max.",
        )
    for text in texts:
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
    given: NumericRangeConfig, known: NumericRange | None, types: set[str]
) -> Literal["integer", "continuous"]:
    """Choose between int and float: as told, as the estimator needs it, as the numbers look."""
    if given.type is not None:
        return "integer" if given.type == "int" else "continuous"
    whole = float(given.min).is_integer() and float(given.max).is_integer()
    if whole and types == {"int"}:
        return "integer"
    if known is not None:
        return known.kind if whole or known.kind == "continuous" else "continuous"
    if types == {"float"}:
        return "continuous"
    both_int = isinstance(given.min, int) and isinstance(given.max, int)
    return "integer" if both_int else "continuous"


def _scaling(given: NumericRangeConfig, known: NumericRange | None) -> catalogue.Scaling:
    if given.scaling is not None:
        return catalogue.SCALINGS[given.scaling]
    if known is None or (known.scaling == "Logarithmic" and given.min <= 0):
        return "Auto"
    return known.scaling


def _refuse_both(space: SearchSpace, config: TuningConfig, told: EstimatorConfig) -> None:
    both = sorted(set(told.ranges or ()) & set(told.fixed))
    if both:
        raise TuningConfigError(
            f"{both[0]} is both tuned and fixed",
            where=config.where("estimators", space.written, "fixed", both[0]),
            to_do="Remove it from `ranges` or from `fixed`.",
        )


def _refuse_incomplete(space: SearchSpace, config: TuningConfig, given: set[str]) -> None:
    missing = [name for name in space.estimator.required if name not in given]
    if missing:
        example = "DecisionTree" + (
            "Classifier" if space.estimator.task == "classification" else "Regressor"
        )
        raise TuningConfigError(
            f"{space.estimator.name} wraps another estimator and has to be told which",
            where=config.where("estimators", space.written),
            expected=f"`{missing[0]}` among its `fixed`",
            to_do=f"Add for instance `fixed: {{{missing[0]}: {example}}}`.",
        )


def _nothing_to_tune(space: SearchSpace, config: TuningConfig) -> TuningConfigError:
    if space.defaults.ranges or config.estimator(space.written).ranges is not None:
        return TuningConfigError(
            f"Nothing is left to tune of {space.key}",
            where=config.where("estimators", space.written),
            expected="at least one range",
            to_do="Take a hyperparameter out of `fixed`, or give `ranges`.",
        )
    choices = tunable(space.estimator)
    if not choices:
        return TuningConfigError(
            f"{space.key} has no hyperparameters that change what it learns",
            where=config.where("estimators", space.written),
            to_do="Give `ranges` of the preprocessing, such as "
            "`preprocess__scaling: [standard, quantile]`, or choose another estimator.",
        )
    return TuningConfigError(
        f"The catalogue has no ranges for {space.key}, so tuning.yaml has to say what to tune",
        where=config.where("estimators", space.written),
        expected=f"`ranges` of some of these: {choices}",
        to_do="Add `ranges` with a {min, max} or a list of values for each that is to be tuned.",
    )
