"""The model in use when a run is planned, if Confirm can put it among its contenders."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from tunedrop import keys
from tunedrop.champions.record import ChampionRecord
from tunedrop.errors import PlanError
from tunedrop.planning.estimators.selection import takes_weights
from tunedrop.storage import Bucket
from tunedrop_common.plan import Champion, Plan, read_plan


def find_champion(
    bucket: Bucket,
    dataset: str,
    *,
    task: str,
    target: str,
    objective: str,
    features: Iterable[str],
    weighted: bool = False,
) -> tuple[Champion | None, str]:
    """Return the champion and a sentence about it, "" when there is none.

    It is comparable when it learnt the same target, as the same task and for the same metric, from
    columns that are all still there. Where rows are weighed, its estimator has to take weights.
    """
    content = bucket.find_json(keys.champion(dataset))
    if content is None:
        return None, ""
    try:
        record = ChampionRecord.model_validate(content)
        plan = read_plan(bucket.find_json(keys.run_file(dataset, record.run_id, "plan.json")))
    except (ValidationError, PlanError):
        return None, "The champion is left out: its record or plan cannot be read."
    reason = _difference(plan, task, target, objective, set(features))
    if not reason and weighted and not takes_weights(record.estimator):
        reason = "it cannot be told how much a row counts"
    if reason:
        return None, f"The champion of run {record.run_id} is left out: {reason}."
    champion = Champion(
        run_id=record.run_id,
        estimator=record.estimator,
        hyperparameters=record.hyperparameters,
    )
    return champion, f"The champion of run {record.run_id} is among Confirm's contenders."


def _difference(plan: Plan, task: str, target: str, objective: str, features: set[str]) -> str:
    if plan.task != task:
        return f"it was made for {plan.task}"
    if plan.data.target != target:
        return f"its target was {plan.data.target!r}"
    if plan.metric.objective != objective:
        return f"its metric was {plan.metric.objective}"
    gone = [
        c.name
        for c in plan.data.columns
        if c.role in ("feature", "time") and c.name not in features
    ]
    return f"its feature {gone[0]!r} is gone" if gone else ""
