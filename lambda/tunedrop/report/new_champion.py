"""The champion that a run makes: Confirm's shipped contender, as the next plan needs it."""

from __future__ import annotations

from tunedrop.champions.record import ChampionRecord
from tunedrop.errors import TunedropError
from tunedrop.report.confirm_scores import Contender
from tunedrop.report.results import Results
from tunedrop.verdict_words import CHAMPION, DEFAULTS_PREFIX, DUMMY, NOTHING_BEATS_THE_DUMMY
from tunedrop_common.plan import EstimatorPlan, Plan


def champion_of(results: Results, plan: Plan) -> ChampionRecord | None:
    """Return the champion that a run makes, or None when it makes none.

    A model which beats nothing doesn't take the place of one that did, whatever this data was.
    """
    shipped = results.confirm.shipped_contender
    useless = results.verdict == NOTHING_BEATS_THE_DUMMY or shipped.name == DUMMY
    if useless or results.model is None:
        return None
    estimator, hyperparameters = _origin(shipped, plan)
    return ChampionRecord(
        dataset=results.dataset,
        run_id=results.run_id,
        model=results.model,
        estimator=estimator,
        hyperparameters=hyperparameters,
        metric=results.metric,
        score=shipped.mean,
        time=results.finished,
    )


def _origin(shipped: Contender, plan: Plan) -> tuple[EstimatorPlan, dict[str, str]]:
    """Return the estimator of a contender, and what was tuned of it."""
    if shipped.name == CHAMPION and plan.confirm.champion:
        return plan.confirm.champion.estimator, plan.confirm.champion.hyperparameters
    estimator = _planned_estimator(shipped.estimator, plan)
    if shipped.name.startswith(DEFAULTS_PREFIX):
        # scikit-learn's own: without what the plan fixes
        return estimator.model_copy(update={"fixed": {}}), {}
    return estimator, {
        name: str(value)
        for name, value in shipped.hyperparameters.items()
        if name not in estimator.fixed
    }


def _planned_estimator(key: str, plan: Plan) -> EstimatorPlan:
    for job in plan.tuning_jobs:
        if job.estimator.key == key:
            return job.estimator
    raise TunedropError(f"Confirm ships the estimator {key[:80]!r}, which the plan doesn't have")
