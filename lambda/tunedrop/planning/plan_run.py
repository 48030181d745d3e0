"""PlanRun: from a claimed run to its plan. A plan that is there is kept, so it can be repeated."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tunedrop import keys
from tunedrop.environment import PlanRunEnvironment
from tunedrop.errors import NotAdmitted
from tunedrop.planning.estimators.trial_fits import TrialFits, try_fits
from tunedrop.planning.prices import PriceList
from tunedrop.planning.resolve import make_plan
from tunedrop.planning.resume import resume_plan
from tunedrop.run_record import Run, find_run
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = logging.getLogger(__name__)


def claimed_run(bucket: Bucket, dataset: str, run_id: str, execution: str) -> Run:
    """Return the run that Admit started this execution for.

    Raises
    ------
    NotAdmitted
        When run.json names another execution, or there is none.
    """
    run = find_run(bucket, dataset, run_id)
    if run is None or run.execution != execution:
        raise NotAdmitted(
            f"The run {dataset}/{run_id} has not been started by this execution. "
            "Start runs with `tunedrop run`, not with StartExecution."
        )
    return run


def plan_run(
    run: Run,
    bucket: Bucket,
    sagemaker: SageMakerClient,
    environment: PlanRunEnvironment,
    price_list: PriceList | None = None,
    trial_fits: TrialFits = try_fits,
) -> dict[str, Any]:
    """Plan a run, and return what the state machine starts.

    Raises
    ------
    UserInputError
        When the dataset or its tuning.yaml cannot be used.
    """
    key = keys.plan(run.dataset, run.run_id)
    written = bucket.find_record(key, Plan)
    if written is not None:
        return _planned(written)
    failed_run = run.trigger.resume if run.trigger else ""
    if failed_run:
        plan = resume_plan(bucket, sagemaker, run, failed_run, environment, price_list)
    else:
        plan = make_plan(bucket, sagemaker, run, environment, price_list, trial_fits)
    if not bucket.put_json_once(key, plan.model_dump(mode="json")):
        # Another attempt of this execution was faster: its plan is the one.
        return _planned(bucket.get_record(key, Plan))
    logger.info("plan made", extra={"decisions": plan.automatic_decisions})
    return _planned(plan)


def _planned(plan: Plan) -> dict[str, Any]:
    run = {"dataset": plan.dataset, "run_id": plan.run_id}
    return {
        "run": run,
        "tuning_jobs": [Job(**run, job=job.name, kind="tuning").item() for job in plan.tuning_jobs],
        "confirm": Job(**run, job=plan.confirm.name, kind="confirm").item(),
        "parallel_tuning_jobs": plan.parallel_tuning_jobs,
    }
