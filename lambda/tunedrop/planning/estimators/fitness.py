"""Which estimators fit which metrics and targets: what would fail in every training job is refused.

A sample of the target is what PlanRun knows of it, so a misfit that only the rest of the data shows
is left to the training container.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.sklearn_estimators import (
    SklearnEstimator,
    by_path,
    known_by_path,
)
from tunedrop.planning.scorers import (
    NEEDS_PREDICTIONS_FROM_0,
    NEEDS_PROBABILITIES,
    NEEDS_SCORES,
)
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Metric, NumericRange
from tunedrop_common.preprocessing import PREFIX

_READS_MINUS_1_AS_UNKNOWN = ("LabelPropagation", "LabelSpreading")


@dataclass(frozen=True)
class _LeastTarget:
    """A regression's target must be at least 0, or above it, for some values of a parameter."""

    parameter: str
    values: tuple[str, ...]
    above: bool


_LEAST_TARGETS: Mapping[str, tuple[_LeastTarget, ...]] = {
    "HistGradientBoostingRegressor": (
        _LeastTarget("loss", ("poisson",), above=False),
        _LeastTarget("loss", ("gamma",), above=True),
    ),
    **{
        f"{name}Regressor": (_LeastTarget("criterion", ("poisson",), above=False),)
        for name in ("DecisionTree", "ExtraTree", "RandomForest", "ExtraTrees")
    },
}

# They predict averages of targets, or medians, and never less than the least of them.
_WITHIN_THE_TARGETS = (
    "DecisionTreeRegressor", "ExtraTreeRegressor", "RandomForestRegressor", "ExtraTreesRegressor",
    "BaggingRegressor", "AdaBoostRegressor", "KNeighborsRegressor", "RadiusNeighborsRegressor",
    "DummyRegressor",
)  # fmt: skip

_NEEDS_NEIGHBORS = "RadiusNeighborsRegressor"


def refuse_misfit(plan: EstimatorPlan, metric: Metric, target: ColumnProfile, where: str) -> None:
    """Refuse an estimator that these metrics cannot score, or that cannot learn this target."""
    estimator = by_path(plan.class_path)
    _refuse_inside(plan, estimator, where)
    if estimator.task == "classification":
        _refuse_metric(plan, estimator, metric, where)
        _refuse_classes(plan, estimator, target, where)
    else:
        _refuse_target(plan, target, where)


def refuse_negative_features(
    plan: EstimatorPlan, config: TuningConfig, features: Iterable[ColumnProfile]
) -> None:
    """Refuse unscaled features with negative numbers for an estimator that takes none."""
    name = f"{PREFIX}scaling"
    estimator = by_path(plan.class_path)
    prepared = estimator.prepared_with(plan.fixed)
    if not prepared.positive or prepared.codes or "none" not in plan.listed_values(name):
        return
    for feature in features:
        if feature.kind == "datetime" or (feature.minimum or 0) < 0:
            raise TuningConfigError(
                f"{plan.key} takes no negative numbers, and unscaled {feature.name!r} has some",
                where=config.where_of(plan, name),
                found="'none'",
                expected="any other scaling: with this estimator, all of them are to 0 to 1",
                to_do="Take out 'none', or list the column in ignore_columns.",
            )


def warn_of_no_predictions(plan: EstimatorPlan) -> str:
    """Say that a regressor may have no prediction for some rows; "" if it has."""
    if not plan.class_path.endswith(f".{_NEEDS_NEIGHBORS}"):
        return ""
    return (
        f"{plan.key} has no prediction for a row without a neighbor within its radius: training "
        "jobs in which there is one fail."
    )


def warn_of_low_predictions(plan: EstimatorPlan, metric: Metric) -> str:
    """Say that a regressor may predict what a metric has no value for; "" if it cannot."""
    names = [n for n in (metric.objective, *metric.additional) if n in NEEDS_PREDICTIONS_FROM_0]
    name = plan.class_path.rpartition(".")[2]
    inner = plan.fixed.get(by_path(plan.class_path).inside or "", "").rpartition(".")[2]
    if not names or (inner or name) in _WITHIN_THE_TARGETS or _wanted(plan) is not None:
        return ""
    return (
        f"{plan.key} may predict numbers below 0, for which {names[0]} has no value: training jobs "
        "in which it does fail."
    )


def _refuse_inside(plan: EstimatorPlan, estimator: SklearnEstimator, where: str) -> None:
    """Refuse what is inside where the estimator cannot do with it what it is told to."""
    inner = known_by_path(plan.fixed.get(estimator.inside or "", ""))
    if inner is None:
        return
    prefix = f"{estimator.inside}__"
    own = {n.removeprefix(prefix): v for n, v in plan.fixed.items() if n.startswith(prefix)}
    for method in plan.listed_values("response_method"):
        if method != "auto" and not inner.gives(method, own):
            raise TuningConfigError(
                f"{plan.key} cannot have the response_method {method!r}, as {inner.name} gives "
                f"no {method}",
                where=where,
                to_do="Leave out response_method, or choose another estimator.",
            )
    if estimator.name == "RANSACRegressor" and inner.name != "LinearRegression":
        given = (*plan.ranges, *(name for name, text in plan.fixed.items() if text != "None"))
        if "min_samples" not in given:
            raise TuningConfigError(
                f"{plan.key} has to be told how many rows make a model of {inner.name}",
                where=where,
                expected="`min_samples` among `fixed` or `ranges`",
                to_do="Add for instance `min_samples: 0.5` to `fixed`.",
            )


def _refuse_metric(
    plan: EstimatorPlan, estimator: SklearnEstimator, metric: Metric, where: str
) -> None:
    for name in (metric.objective, *metric.additional):
        methods: tuple[str, ...]
        if name in NEEDS_PROBABILITIES:
            methods, what = ("predict_proba",), "probabilities"
        elif name in NEEDS_SCORES:
            methods, what = ("predict_proba", "decision_function"), "scores of classes"
        else:
            continue
        lacking = next(
            (v for v in _variants(plan) if not any(estimator.gives(m, v) for m in methods)),
            None,
        )
        if lacking is not None:
            raise TuningConfigError(
                f"The estimator {plan.key} gives no {what}, which {name} needs",
                where=where,
                to_do=_way_to_probabilities(plan, estimator),
            )


def _variants(plan: EstimatorPlan) -> Iterator[dict[str, str]]:
    """Yield hyperparameters in which each value of each list of values stands once."""
    lists = {n: r.values for n, r in plan.ranges.items() if isinstance(r, CategoricalRange)}
    usual = {**plan.fixed, **{name: values[0] for name, values in lists.items()}}
    yield usual
    for name, values in lists.items():
        for value in values[1:]:
            yield {**usual, name: value}


def _way_to_probabilities(plan: EstimatorPlan, estimator: SklearnEstimator) -> str:
    rest = f"leave out {plan.key}, or choose a metric such as balanced_accuracy."
    how = estimator.predict_proba
    if isinstance(how, Mapping):
        values = [{"True": "true"}.get(each, each) for each in how["values"]]
        return f"Add `{how['parameter']}: {values[0]}` to its `fixed`, {rest}"
    return rest[0].upper() + rest[1:]


def _refuse_classes(
    plan: EstimatorPlan, estimator: SklearnEstimator, target: ColumnProfile, where: str
) -> None:
    if not estimator.many_classes and target.distinct > 2:
        raise TuningConfigError(
            f"{plan.key} is for two classes, and {target.name!r} has {target.distinct}",
            where=where,
            to_do="Choose another estimator.",
        )
    if estimator.name in _READS_MINUS_1_AS_UNKNOWN and target.minimum == -1:
        raise TuningConfigError(
            f"{plan.key} takes the class -1 for rows without a class, and {target.name!r} has it",
            where=where,
            to_do="Choose another estimator, or write the classes otherwise.",
        )


def _refuse_target(plan: EstimatorPlan, target: ColumnProfile, where: str) -> None:
    least = target.minimum
    wanted = _wanted(plan)
    if wanted is None or least is None or least > 0 or (least == 0 and wanted == "of 0 or more"):
        return
    raise TuningConfigError(
        f"{plan.key} with these hyperparameters needs a target {wanted}, and {target.name!r} is "
        f"{'negative' if least < 0 else '0'} in some rows",
        where=where,
        to_do="Choose another estimator, or other hyperparameters of it.",
    )


def _wanted(plan: EstimatorPlan) -> str | None:
    name = plan.class_path.rpartition(".")[2]
    if name == "GammaRegressor":
        return "above 0"
    if name == "PoissonRegressor":
        return "of 0 or more"
    if name == "TweedieRegressor":
        return _wanted_by_power(plan)
    rules = [
        rule
        for rule in _LEAST_TARGETS.get(name, ())
        if set(rule.values) & set(plan.listed_values(rule.parameter))
    ]
    if not rules:
        return None
    return "above 0" if any(rule.above for rule in rules) else "of 0 or more"


def _wanted_by_power(plan: EstimatorPlan) -> str | None:
    """Tweedie's power: 0 is the normal distribution, 1 Poisson's, 2 the gamma distribution."""
    given = plan.ranges.get("power")
    if isinstance(given, NumericRange):
        most = given.maximum
    else:
        most = max(float(value) for value in plan.listed_values("power") or ("0",))
    if most >= 2:
        return "above 0"
    return "of 0 or more" if most >= 1 else None
