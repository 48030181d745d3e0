"""Chooses the estimators of a run, each with what is tuned of it, and refuses those that misfit."""

from __future__ import annotations

from collections.abc import Sequence

from tunedrop.errors import TuningConfigError
from tunedrop.planning.estimators.fitness import (
    refuse_misfit,
    warn_of_low_predictions,
    warn_of_no_predictions,
)
from tunedrop.planning.estimators.named_classes import check_class_weights
from tunedrop.planning.estimators.search_spaces import (
    DEFAULT_ESTIMATORS,
    resolve_estimator,
    search_space,
)
from tunedrop.planning.estimators.sklearn_estimators import known_by_path
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop_common.plan import EstimatorPlan, Metric, Task


def choose_estimators(
    config: TuningConfig,
    task: Task,
    target: ColumnProfile,
    metric: Metric,
    seed: int,
    *,
    complete: bool = True,
) -> tuple[list[EstimatorPlan], str]:
    """Return the estimators, and what there is to say about them, "" for nothing.

    Parameters
    ----------
    complete
        Whether the target's profile rests on every row.

    Raises
    ------
    TuningConfigError
        When one cannot learn this target, or be scored by these metrics.
    """
    chosen: Sequence[str] = DEFAULT_ESTIMATORS if not config.estimators else [*config.estimators]
    found: list[EstimatorPlan] = []
    sentences: list[str] = []
    for written in chosen:
        where = config.where("estimators", written)
        space = search_space(written, task, where)
        plan = resolve_estimator(space, config, seed)
        _refuse_twice(plan, found, where)
        refuse_misfit(plan, metric, target, where)
        if config.weight_column is not None and not takes_weights(plan):
            raise _without_weights(plan, where)
        if task == "classification":
            check_class_weights(plan, config, target, complete=complete)
        sentences += filter(
            None, [warn_of_low_predictions(plan, metric), warn_of_no_predictions(plan)]
        )
        found.append(plan)
    if not config.estimators:
        sentences.append(f"The estimators are {' and '.join(chosen)}, the default.")
    return found, " ".join(sentences)


def takes_weights(plan: EstimatorPlan) -> bool:
    """Tell whether an estimator can be told how much each row counts."""
    known = known_by_path(plan.class_path)
    return known is not None and known.sample_weight


def _without_weights(plan: EstimatorPlan, where: str) -> TuningConfigError:
    return TuningConfigError(
        f"The estimator {plan.key} cannot be told how much a row counts",
        where=where,
        expected="an estimator whose fit takes sample_weight, as there is a weight_column",
        to_do="Leave out the estimator, or the weight_column.",
    )


def _refuse_twice(plan: EstimatorPlan, earlier: list[EstimatorPlan], where: str) -> None:
    same = next((each for each in earlier if each.class_path == plan.class_path), None)
    if same is not None:
        raise TuningConfigError(
            f"{plan.key} and {same.key} are the same estimator",
            where=where,
            found=plan.class_path,
            to_do="Keep one of the two.",
        )
