"""Chooses the estimators of a run, each with what is tuned of it, and checks that they fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.search_spaces import resolve_estimator, without
from tunedrop.planning.estimators.sklearn_estimators import (
    SklearnEstimator,
    by_path,
    known_by_path,
)
from tunedrop.planning.metrics import NEEDS_PROBABILITIES, PROPER
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Metric, Task

DEFAULT_ESTIMATORS = ("hist_gradient_boosting", "linear")

_WEIGHTS = "class_weight"


def choose_estimators(
    config: TuningConfig, task: Task, metric: Metric, seed: int
) -> tuple[list[EstimatorPlan], str]:
    """Return the estimators, and what there is to say about them, "" for nothing.

    Raises
    ------
    TuningConfigError
        When one is not for this task, or cannot be scored by these metrics.
    """
    chosen: Sequence[str] = DEFAULT_ESTIMATORS if not config.estimators else [*config.estimators]
    found: list[EstimatorPlan] = []
    for written in chosen:
        plan = resolve_estimator(written, task, config, seed)
        where = config.where("estimators", written)
        _check_single(plan, found, where)
        if config.weight_column is not None and not takes_weights(plan):
            raise TuningConfigError(
                f"The estimator {plan.key} takes no weights of rows",
                where=where,
                expected="an estimator whose fit takes sample_weight, as there is a weight_column",
                to_do="Leave out the estimator, or the weight_column.",
            )
        if task == "classification":
            _check_metrics(plan, metric, where)
        if metric.objective in PROPER:  # weights move probabilities away from the classes' shares
            plan = without(plan, _WEIGHTS, config)
        found.append(plan)
    why = "" if config.estimators else f"The estimators are {' and '.join(chosen)}, the default."
    return found, why


def takes_weights(plan: EstimatorPlan) -> bool:
    """Whether an estimator takes weights of rows."""
    known = known_by_path(plan.class_path)
    return known is not None and known.sample_weight


def _check_single(plan: EstimatorPlan, earlier: list[EstimatorPlan], where: str) -> None:
    same = next((each for each in earlier if each.class_path == plan.class_path), None)
    if same is not None:
        raise TuningConfigError(
            f"{plan.key} and {same.key} are the same estimator",
            where=where,
            found=plan.class_path,
            to_do="Keep one of the two.",
        )


def _check_metrics(plan: EstimatorPlan, metric: Metric, where: str) -> None:
    """Check that a classifier gives probabilities where a metric is computed from them."""
    needing = [name for name in metric.names if name in NEEDS_PROBABILITIES]
    estimator = by_path(plan.class_path)
    if needing and not all(map(estimator.gives_probabilities, _variants(plan))):
        raise TuningConfigError(
            f"The estimator {plan.key} gives no probabilities, which {needing[0]} needs",
            where=where,
            to_do=_way_to_probabilities(plan, estimator),
        )


def _variants(plan: EstimatorPlan) -> Iterator[dict[str, str]]:
    """Yield hyperparameters in which each value of each list of values is there once."""
    lists = {n: r.values for n, r in plan.ranges.items() if isinstance(r, CategoricalRange)}
    usual = {**plan.fixed, **{name: values[0] for name, values in lists.items()}}
    yield usual
    for name, values in lists.items():
        for value in values[1:]:
            yield {**usual, name: value}


def _way_to_probabilities(plan: EstimatorPlan, estimator: SklearnEstimator) -> str:
    rest = f"leave out {plan.key}, or choose a metric such as balanced_accuracy."
    how = estimator.predict_proba
    if not isinstance(how, Mapping):
        return rest[0].upper() + rest[1:]
    value = how["values"][0]
    return (
        f"Add `{how['parameter']}: {'true' if value == 'True' else value}` to its `fixed`, {rest}"
    )
