"""StartJob: sends the request of one job, written down first, so that a retry finds its own job.

Called again after any crash it ends in the same state: one request, one job.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tunedrop import keys
from tunedrop.aws_errors import code_of, translated
from tunedrop.environment import StartJobEnvironment
from tunedrop.errors import JobNameTaken, QuotaExceeded, QuotaTooSmall, TunedropError
from tunedrop.running.job_requests import confirm_request, tuning_request
from tunedrop.running.jobs import Job, describe
from tunedrop.running.tuning_winner import winner_of
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan, read_plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = logging.getLogger(__name__)


def start(
    bucket: Bucket,
    sagemaker: SageMakerClient,
    deployment: StartJobEnvironment,
    job: Job,
    *,
    execution: str,
) -> None:
    """Start a job of a run, or find that it has been started."""
    plan = read_plan(bucket.get_json(keys.plan(job.dataset, job.run_id)))
    request = _request(bucket, sagemaker, deployment, plan, job, execution)
    try:
        with translated():
            _create(sagemaker, job, request)
    except ClientError as error:
        if code_of(error) != "ResourceInUse":
            raise
        _check_that_it_is_ours(sagemaker, job, request)
        logger.info("%s has been started before", job.job)
    except (QuotaExceeded, QuotaTooSmall) as error:
        raise type(error)(f"{_asked_for(plan, job)}: {error}") from error
    else:
        logger.info("%s started", job.job)


def _request(
    bucket: Bucket,
    sagemaker: SageMakerClient,
    deployment: StartJobEnvironment,
    plan: Plan,
    job: Job,
    execution: str,
) -> Any:
    """Return the job's request as it was first written, which a retry must not change."""
    key = keys.job_request(job.dataset, job.run_id, job.job)
    written = bucket.find_json(key)
    if written is not None:
        return written
    request: Any
    if job.kind == "confirm":
        winner = winner_of(bucket, sagemaker, plan)
        logger.info("%s won the tuning with %r", winner.training_job, winner.objective)
        request = confirm_request(plan, winner, deployment, execution=execution)
    else:
        planned = next((t for t in plan.tuning_jobs if t.name == job.job), None)
        if planned is None:
            raise TunedropError(f"The plan of {job.dataset}/{job.run_id} has no job {job.job}")
        request = tuning_request(plan, planned, deployment, execution=execution)
    return request if bucket.put_json_once(key, request) else bucket.get_json(key)


def _create(sagemaker: SageMakerClient, job: Job, request: Any) -> None:
    if job.kind == "confirm":
        sagemaker.create_training_job(**request)
    else:
        sagemaker.create_hyper_parameter_tuning_job(**request)


def _check_that_it_is_ours(sagemaker: SageMakerClient, job: Job, request: Any) -> None:
    """Compare the folder that the existing job writes to, which is of one run alone."""
    found = _output_path(describe(sagemaker, job.job, job.kind).description)
    if found != _output_path(request):
        raise JobNameTaken(
            f"There is a SageMaker job {job.job} already, and it writes to {found}. "
            "Drop the dataset again: a new run gives its jobs new names."
        )


def _output_path(request: Any) -> str:
    definition = request.get("TrainingJobDefinition", request)
    return str(definition.get("OutputDataConfig", {}).get("S3OutputPath", "an unknown place"))


def _asked_for(plan: Plan, job: Job) -> str:
    """Say what a job asks for, beside AWS's words about the quota."""
    parallel = next(
        (t.max_parallel_training_jobs for t in plan.tuning_jobs if t.name == job.job), 1
    )
    spot = " spot" if plan.instance.spot else ""
    return f"{job.job} asks for {parallel}{spot} x {plan.instance.type}"
