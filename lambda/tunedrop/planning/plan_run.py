"""PlanRun: from what started an execution to a claimed run and its plan, or to nothing to do.

Every step can be repeated: a retried Lambda finds its own claim, and a plan that is there is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tunedrop import keys
from tunedrop.admission.settling import reason_to_ignore
from tunedrop.claims import Duplicate, Run, claim, find_run
from tunedrop.datasets.file_names import DATA_SUFFIXES
from tunedrop.datasets.layout import list_objects
from tunedrop.environment import PlanRunEnvironment
from tunedrop.errors import RunNotFoundError
from tunedrop.planning.resolve import make_plan
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket
from tunedrop.trigger import NotATrigger, Trigger, read_trigger
from tunedrop_common.plan import Plan, read_plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

PLAN_FILE = "plan.json"

_MOST_DATASETS_LOOKED_AT = 1_000

logger = Logger(service="plan_run")


@dataclass(frozen=True)
class Services:
    """What PlanRun talks to, and the time."""

    bucket: Bucket
    sagemaker: SageMakerClient
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def plan_run(
    payload: Mapping[str, Any], environment: PlanRunEnvironment, services: Services
) -> dict[str, Any]:
    """Answer the state machine: a planned run, or why there is nothing to do.

    Raises
    ------
    UserInputError
        When the dataset or its tuning.yaml cannot be used. The run is claimed before that, so that
        its failure has a place.
    """
    trigger = read_trigger(payload, services.bucket.name)
    if isinstance(trigger, NotATrigger):
        return _nothing_to_do("ignored", trigger.reason)
    found = find_run(services.bucket, trigger) or _claim(trigger, environment, services)
    if not isinstance(found, Run):
        return found
    logger.info("run claimed", extra={"dataset": found.dataset, "run_id": found.run_id})
    plan = _find_plan(services.bucket, found) or _make_plan(found, environment, services)
    return _planned(plan)


def _claim(
    trigger: Trigger, environment: PlanRunEnvironment, services: Services
) -> Run | dict[str, Any]:
    """Claim the dataset as it is now, or answer why not."""
    objects = list_objects(services.bucket, trigger.dataset)
    if not objects and trigger.kind == "person":
        raise _no_such_dataset(services.bucket, trigger.dataset)
    if not objects and trigger.kind == "schedule":
        return _nothing_to_do("ignored", "The dataset is not there any more.")
    reason = reason_to_ignore(trigger, objects, environment.settle_seconds, services.now())
    if reason:
        return _nothing_to_do("ignored", reason)
    claimed = claim(services.bucket, trigger, objects)
    if isinstance(claimed, Duplicate):
        return _nothing_to_do(
            "duplicate", f"The run {claimed.run_id} of another execution has the same content."
        )
    return claimed


def _find_plan(bucket: Bucket, run: Run) -> Plan | None:
    content = bucket.find_json(keys.run_file(run.dataset, run.run_id, PLAN_FILE))
    return None if content is None else read_plan(content)


def _make_plan(run: Run, environment: PlanRunEnvironment, services: Services) -> Plan:
    plan = make_plan(services.bucket, services.sagemaker, run, environment)
    key = keys.run_file(run.dataset, run.run_id, PLAN_FILE)
    if not services.bucket.put_json_once(key, plan.model_dump(mode="json")):
        # Another attempt of this execution was faster: its plan is the one.
        return read_plan(services.bucket.get_json(key))
    logger.info(
        "plan made",
        extra={
            "dataset": plan.dataset,
            "run_id": plan.run_id,
            "task": plan.task,
            "target": plan.data.target,
            "metric": plan.metric.objective,
            "rows": plan.data.rows,
            "rows_exact": plan.data.rows_exact,
            "columns": len(plan.data.columns),
            "estimators": [job.estimator.key for job in plan.tuning_jobs],
            "decisions": plan.decisions,
            "warnings": len(plan.warnings),  # they name classes
        },
    )
    return plan


def _planned(plan: Plan) -> dict[str, Any]:
    run = {"dataset": plan.dataset, "run_id": plan.run_id}
    return {
        "outcome": "planned",
        "run": run,
        "tuning_jobs": [Job(**run, job=job.name, kind="tuning").item() for job in plan.tuning_jobs],
        "confirm": Job(**run, job=plan.confirm.name, kind="confirm").item(),
        "parallel_tuning_jobs": plan.parallel_tuning_jobs,
    }


def _nothing_to_do(outcome: str, reason: str) -> dict[str, Any]:
    logger.info("nothing to do", extra={"outcome": outcome, "reason": reason})
    return {"outcome": outcome, "reason": reason}


def _no_such_dataset(bucket: Bucket, dataset: str) -> RunNotFoundError:
    names = list(islice(bucket.list_folders(keys.DATASETS), _MOST_DATASETS_LOOKED_AT))
    if dataset in names:
        return RunNotFoundError(
            "The dataset's folder has no data in it",
            where=f"{keys.DATASETS}{dataset}/",
            expected=f"a file whose name ends with {DATA_SUFFIXES}",
            to_do="Drop the table as train.csv or train.parquet. Files called readme or licence "
            "and names that start with . or _ are left alone.",
        )
    near = get_close_matches(dataset, names, 1)
    return RunNotFoundError(
        "There is no such dataset",
        where=f"{keys.DATASETS}{dataset}/",
        found=repr(dataset),
        expected=f"one of {', '.join(map(repr, names[:20]))}" if names else "",
        to_do=f"Start it for {near[0]!r} instead." if near else "Drop the dataset first.",
    )
