"""StartJob: writes the request of a job's next attempt, then sends it.

Repeated after any crash it ends in the same state: one request, one job. If SageMaker rejects a
request and other settings can help (a small quota, a warm start), the next attempt follows at once.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tunedrop import keys
from tunedrop.aws_errors import code_of, read_quota, translated
from tunedrop.environment import StartJobEnvironment
from tunedrop.errors import (
    JobNameTaken,
    LimitRefused,
    QuotaExceeded,
    QuotaTooSmall,
)
from tunedrop.running import jobs
from tunedrop.running.attempts import (
    NOT_STARTED,
    Attempt,
    JobRequest,
    planned_job,
    read_attempts,
    record_not_started,
    settings_after,
)
from tunedrop.running.job_requests import (
    AttemptRequest,
    confirm_hyperparameters,
    confirm_request,
    tuning_request,
)
from tunedrop.running.jobs import Job, create, describe
from tunedrop.running.next_attempt import AttemptSettings, Cause
from tunedrop.running.quota_wait import QuotaWait
from tunedrop.running.scored_jobs import best_jobs
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

# SageMaker's words about parents and warm start, whatever it has against them.
_WARM_START = re.compile(r"warm.?start|parent", re.IGNORECASE)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rejection:
    """A create call that SageMaker rejected, where other settings can help."""

    error: Exception
    cause: Cause
    fits: int = 0


@dataclass(frozen=True)
class JobStart:
    """What starting a job takes."""

    bucket: Bucket
    sagemaker: SageMakerClient
    deployment: StartJobEnvironment
    quota_wait: QuotaWait
    execution: str

    def start(self, job: Job) -> Job:
        """Start a job of a run, or find that it has been started; return it with its attempt."""
        plan = self.bucket.get_record(keys.plan(job.dataset, job.run_id), Plan)
        planned = planned_job(plan, job)
        if planned is not None and planned.finished_job:
            logger.info("%s is taken over from an earlier run", planned.finished_job)
            return job.attempted_as(planned.finished_job)
        while True:
            attempts = read_attempts(self.bucket, job)
            attempt = self._attempt(plan, job, attempts)
            named = job.attempted_as(attempt.name)
            if attempt.result is not None and attempt.status != NOT_STARTED:
                logger.info("%s is over: %s", attempt.name, attempt.status)
                return named
            rejection = self._create(named, attempt)
            if rejection is None:
                return named
            result = record_not_started(
                self.bucket,
                named,
                f"{type(rejection.error).__name__}: {rejection.error}",
                cause=rejection.cause,
                fits=rejection.fits,
            )
            if settings_after(plan, job, [replace(attempt, result=result)]) is None:
                raise rejection.error

    def _attempt(self, plan: Plan, job: Job, attempts: Sequence[Attempt]) -> Attempt:
        """Return the attempt that is under way, or over for good, or else the next one."""
        settings = settings_after(plan, job, attempts)
        if settings is None:
            return attempts[-1]
        name = jobs.name_attempt(job.job, len(attempts) + 1)
        request = self._request(plan, job, attempts, name, settings)
        key = keys.job_request(job.dataset, job.run_id, name)
        self.bucket.put_json_once(key, request)
        # As first written, which a retry must not change.
        return Attempt(name, self.bucket.get_record(key, JobRequest), result=None)

    def _request(
        self,
        plan: Plan,
        job: Job,
        attempts: Sequence[Attempt],
        name: str,
        settings: AttemptSettings,
    ) -> Any:
        attempt = AttemptRequest(name, settings, self.execution)
        planned = planned_job(plan, job)
        if planned is not None:
            return tuning_request(plan, planned, self.deployment, attempt)
        if attempts:  # the tuned models stay those that the first attempt was about
            hyperparameters = attempts[0].request.arguments()["HyperParameters"]
        else:
            best = best_jobs(self.bucket, self.sagemaker, plan)
            logger.info("%s is the search's best with %r", best[0].training_job, best[0].objective)
            hyperparameters = confirm_hyperparameters(best)
        return confirm_request(plan, hyperparameters, self.deployment, attempt)

    def _create(self, job: Job, attempt: Attempt) -> Rejection | None:
        """Send a request; return the rejection if other settings can help."""
        request = attempt.request.arguments()
        try:
            with translated():
                create(self.sagemaker, job.kind, request)
        except (ClientError, LimitRefused, QuotaExceeded, QuotaTooSmall) as error:
            if isinstance(error, ClientError) and code_of(error) == "ResourceInUse":
                self._check_that_it_is_ours(job, request)
                logger.info("%s has been started before", job.name)
                return None
            return self._rejection(job, attempt, error)
        logger.info("%s started", job.name)
        return None

    def _rejection(self, job: Job, attempt: Attempt, error: Exception) -> Rejection:
        """Return a rejection that other settings can cure; raise all others."""
        settings, message = attempt.settings, str(error)
        if settings.warm_start and _is_about_warm_start(error):
            return Rejection(error, "warm start")
        if isinstance(error, ClientError):
            raise error
        summary = f"{job.name} requests {settings.parallel} x {settings.instance}: {message}"
        if isinstance(error, QuotaExceeded):
            raise self.quota_wait.extend(job, summary) from error
        quota = read_quota(message)
        if isinstance(error, QuotaTooSmall) and quota is not None:
            named = QuotaTooSmall(summary)
            if quota.delta == settings.parallel and quota.limit > 0:
                return Rejection(named, "quota", fits=quota.limit)
            if settings.type in quota.name:
                return Rejection(named, "quota")
            raise named from error
        raise type(error)(summary) from error

    def _check_that_it_is_ours(self, job: Job, request: Any) -> None:
        """Compare the folder that the existing job writes to, which is of one run alone."""
        state = describe(self.sagemaker, job.name, job.kind)
        path = _output_path(state.description if state else {})
        if path != _output_path(request):
            raise JobNameTaken(
                f"There is a SageMaker job {job.name} already, and it writes to {path}. "
                "Drop the dataset again: a new run gives its jobs new names."
            )


def _is_about_warm_start(error: Exception) -> bool:
    if isinstance(error, ClientError) and code_of(error) != "ValidationException":
        return False
    return bool(_WARM_START.search(str(error)))


def _output_path(request: Any) -> str:
    definition = request.get("TrainingJobDefinition", request)
    return str(definition.get("OutputDataConfig", {}).get("S3OutputPath", "an unknown place"))
