"""champion.json: the model of a dataset that is in use, replaced by WriteReport when a run ends.

Runs of one dataset may end at the same time and in any order, so the write is conditional and the
run that started later wins; a report that is made again never takes the place of a later run.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tunedrop import keys
from tunedrop.errors import TransientAwsError, TunedropError
from tunedrop.report.confirm_scores import (
    CHAMPION,
    DEFAULTS_PREFIX,
    DUMMY,
    NOTHING_BEATS_THE_DUMMY,
    Contender,
)
from tunedrop.report.results import Results
from tunedrop.storage import Bucket, to_json
from tunedrop_common.plan import EstimatorPlan, Plan

MAX_ATTEMPTS = 20


class ChampionRecord(BaseModel):
    """What champion.json holds; PlanRun reads it to put the champion among Confirm's contenders."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dataset: str
    run_id: str
    model: str = Field(description="S3 URI of the fitted model.")
    estimator: EstimatorPlan
    hyperparameters: dict[str, str] = Field(description="The tuned ones; `estimator.fixed` adds.")
    metric: str
    score: float | None = Field(description="Its mean on Confirm's fresh folds.")
    time: datetime | None


def champion_of(results: Results, plan: Plan) -> ChampionRecord | None:
    """Return the champion that a run makes, or None when it makes none.

    A model which beats nothing doesn't take the place of one that did, whatever this data was.
    """
    shipped = results.confirm.shipped_contender
    useless = results.verdict == NOTHING_BEATS_THE_DUMMY or shipped.name == DUMMY
    if useless or results.model is None:
        return None
    estimator, hyperparameters = _origin(shipped, results, plan)
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


def crown(bucket: Bucket, record: ChampionRecord) -> bool:
    """Write champion.json unless a later run has; tells whether this run is the champion now."""
    key = keys.champion(record.dataset)
    body = to_json(record.model_dump(mode="json"))
    for _ in range(MAX_ATTEMPTS):
        found = bucket.find_json_and_etag(key)
        if found is None:
            if bucket.put_once(key, body):
                return True
            continue
        current, etag = found
        if _run_id(current, key) > record.run_id:
            return False
        if _run_id(current, key) == record.run_id or bucket.replace(key, body, etag):
            return True
    raise TransientAwsError(f"Other runs kept replacing {key} while this one tried to")


def _run_id(current: object, key: str) -> str:
    try:
        return ChampionRecord.model_validate(current).run_id
    except ValidationError as error:
        raise TunedropError(
            f"{key} is not what Tunedrop writes ({error.error_count()} errors). Restore an older "
            "version of it, or delete it, and start the execution {'report': ...} of this run."
        ) from error


def _origin(
    shipped: Contender, results: Results, plan: Plan
) -> tuple[EstimatorPlan, dict[str, str]]:
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
