"""Chooses the estimators of a run, each with what is tuned of it."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.utils.validation import has_fit_parameter

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.catalogue import find_class
from tunedrop.planning.estimators.search_spaces import resolve_estimator
from tunedrop.planning.metrics import PROPER
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.plan import EstimatorPlan, Metric, Task

DEFAULT_ESTIMATORS = ("hist_gradient_boosting", "linear")

_WEIGHTS = "class_weight"


def choose_estimators(
    config: TuningConfig, task: Task, metric: Metric, seed: int
) -> tuple[list[EstimatorPlan], str]:
    """Return the estimators, and what there is to say about them, "" for nothing.

    Raises
    ------
    TuningConfigError
        When one is not for this task, or takes no weights where rows have some.
    """
    chosen: Sequence[str] = DEFAULT_ESTIMATORS if not config.estimators else [*config.estimators]
    plans: list[EstimatorPlan] = []
    for written in chosen:
        plan = resolve_estimator(written, task, config, seed)
        where = config.where("estimators", written)
        same = next((earlier for earlier in plans if earlier.class_path == plan.class_path), None)
        if same is not None:
            raise TuningConfigError(
                f"{plan.key} and {same.key} are the same estimator",
                where=where,
                found=plan.class_path,
                to_do="Keep one of the two.",
            )
        if config.weight_column is not None and not takes_weights(plan):
            raise TuningConfigError(
                f"The estimator {plan.key} does not accept row weights",
                where=where,
                expected="an estimator whose fit takes sample_weight, as there is a weight_column",
                to_do="Leave out the estimator, or the weight_column.",
            )
        if metric.objective in PROPER:  # weights move probabilities away from the classes' shares
            plan = without(plan, _WEIGHTS, config)
        plans.append(plan)
    why = "" if config.estimators else f"The estimators are {' and '.join(chosen)}, the default."
    return plans, why


def without(plan: EstimatorPlan, name: str, config: TuningConfig) -> EstimatorPlan:
    """Return the estimator without one of the catalogue's ranges; tuning.yaml's own stay."""
    ranges = {key: searched for key, searched in plan.ranges.items() if key != name}
    if not ranges or config.estimator(config.written_name(plan.key)).ranges is not None:
        return plan
    return plan.model_copy(update={"ranges": ranges})


def takes_weights(plan: EstimatorPlan) -> bool:
    """Return whether an estimator accepts row weights."""
    estimator = find_class(plan.class_path)
    return estimator is not None and has_fit_parameter(estimator, "sample_weight")
