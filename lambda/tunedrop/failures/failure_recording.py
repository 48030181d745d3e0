"""RecordFailure: records the failure of a run, or of one of its jobs, and stops its jobs.

Every step can be repeated: ended jobs are not stopped, and each object is written once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop import run_record
from tunedrop.errors import (
    ConfirmFailed,
    NoSuccessfulTrainingJob,
    UnreadableState,
    UserInputError,
)
from tunedrop.events import EventBus, RunFailed
from tunedrop.failures.error_meanings import is_user_input
from tunedrop.failures.executions import ErrorCause
from tunedrop.failures.failures import (
    Explanation,
    explain,
    explain_input,
    failure_document,
    notification,
)
from tunedrop.index.publishing import publish_failure
from tunedrop.run_logs import add_run_keys
from tunedrop.run_record import NO_RUN, RunFolder
from tunedrop.running import attempts, jobs
from tunedrop.running.attempts import (
    NOT_STARTED,
    describe_attempts,
    read_attempts,
    read_result,
)
from tunedrop.running.causes import failure_reasons, reached_time_limit
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket
from tunedrop.wording import duration, one_line

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

_REASON_LENGTH = 500
_REASONS_PER_JOB = 3
_ERROR_NAME_LENGTH = 256
_NO_SCORE = NoSuccessfulTrainingJob.__name__
_JOBS_EXPLAIN = frozenset({_NO_SCORE, ConfirmFailed.__name__})
# Of jobs that gave no reason, by their status.
_SILENT = {"Stopped": "a user stopped it", "Completed": "no training job scored all folds"}
_UNSAID = "SageMaker gives no reason"

logger = logging.getLogger(__name__)


def record_run_failure(
    bucket: Bucket,
    sagemaker: SageMakerClient,
    bus: EventBus,
    execution_input: object,
    cause: ErrorCause,
    *,
    execution: str,
    time: datetime,
) -> dict[str, Any]:
    """Stop a run's jobs and write its failure.json; return the run and the notification."""
    run = run_record.find_by_execution(bucket, execution_input, execution)
    if run is None:
        logger.error("%s failed (%s) and has no run", execution, cause.name)
        run, explanation, details = NO_RUN, explain(cause), ""
    else:
        recorded = write_run_failure(bucket, sagemaker, run, cause, execution=execution, time=time)
        explanation = recorded.explanation
        bus.put(recorded.event)
        details = f"s3://{bucket.name}/{run.key('failure.json')}" if recorded.document else ""
    return {
        "run": {"dataset": run.dataset, "run_id": run.run_id},
        "notification": notification(run, explanation, execution=execution, details=details),
    }


@dataclass(frozen=True)
class RecordedFailure:
    """Why a run failed, what became of its jobs, and its failure.json; None if it has a report."""

    run: RunFolder
    explanation: Explanation
    stopped: list[str]
    not_stopped: list[str]
    document: dict[str, Any] | None
    is_new: bool  # whether failure.json was written now

    @property
    def event(self) -> RunFailed:
        """The event for other systems."""
        error = self.explanation.error[:_ERROR_NAME_LENGTH]
        return RunFailed(
            dataset=self.run.dataset,
            run_id=self.run.run_id,
            status="rejected" if is_user_input(error) else "failed",
            error=error,
        )


def write_run_failure(
    bucket: Bucket,
    sagemaker: SageMakerClient,
    run: RunFolder,
    cause: ErrorCause,
    *,
    execution: str,
    time: datetime,
) -> RecordedFailure:
    """Stop the jobs of a run and write its failure.json, unless it has ended otherwise."""
    add_run_keys(dataset=run.dataset, run_id=run.run_id)
    stopped, not_stopped = jobs.stop_jobs(bucket, sagemaker, run)
    cause = _root_of(bucket, run, cause)
    ends = list(_job_ends(bucket, sagemaker, run, cause)) if cause.name in _JOBS_EXPLAIN else []
    attempts, damages = _attempts(bucket, run)
    reasons, limits = [reason for reason, _ in ends], [key for _, key in ends if key]
    explanation = explain(cause, [*reasons, *damages], attempts, limits)
    document = failure_document(
        run, explanation, execution=execution, stopped_jobs=stopped, time=time
    )
    written = run_record.write_failure(bucket, run, document)
    if written is not None:
        publish_failure(bucket, run.dataset, run.run_id, written)
        if is_user_input(cause.name) and written.get("error") == cause.name:
            # PlanRun's own record of it has all its parts.
            error = UserInputError(**{name: written[name] for name in explanation.parts.parts})
            explanation = explain_input(cause.name, written["message"], error)
    is_new = written is document
    return RecordedFailure(run, explanation, stopped, not_stopped, written, is_new)


def record_job_failure(
    bucket: Bucket, sagemaker: SageMakerClient, job: Job, cause: ErrorCause
) -> dict[str, str]:
    """Write why a job could not be started or awaited, and stop it; return the item and its status.

    A job that is over after all keeps the status that SageMaker gives it.
    """
    job = _attempted(bucket, job)
    status: str = NOT_STARTED
    try:
        state = jobs.describe(sagemaker, job.name, job.kind)
        if state is not None and state.outcome is not None:
            attempts.record_end(bucket, sagemaker, job, state)
            status = state.outcome
        else:
            jobs.stop(sagemaker, job.name, job.kind)
    except (ClientError, BotoCoreError):
        logger.exception("%s could not be stopped", job.name)
    if status == NOT_STARTED:
        attempts.record_not_started(bucket, job, f"{cause.name}: {cause.message}")
    return {**job.item(), "status": status}


def _attempted(bucket: Bucket, job: Job) -> Job:
    """Return the job with its latest attempt: the state may name an earlier one, or none."""
    if job.attempt and jobs.base_of(job.attempt) != job.job:
        return job  # taken over from an earlier run
    return jobs.latest_jobs(bucket, RunFolder(job.dataset, job.run_id)).get(job.job, job)


def _root_of(bucket: Bucket, run: RunFolder, cause: ErrorCause) -> ErrorCause:
    """Return the error that kept all tuning jobs of a run from starting, if it was the same one.

    A quota of 0 is nothing that other data could cure.
    """
    if cause.name != NoSuccessfulTrainingJob.__name__:
        return cause
    latest = jobs.latest_jobs(bucket, run).values()
    results = [read_result(bucket, job) for job in latest if job.kind == "tuning"]
    errors = [
        result.error.partition(": ")
        for result in results
        if result is not None and result.status == NOT_STARTED
    ]
    if len(errors) < len(results) or len({name for name, _, _ in errors}) != 1:
        return cause
    name, _, message = errors[0]
    return ErrorCause(name, message) if name else cause


def _job_ends(
    bucket: Bucket, sagemaker: SageMakerClient, run: RunFolder, cause: ErrorCause
) -> Iterator[tuple[str, str]]:
    """Yield why each of a run's jobs brought nothing, and the key of its time limit, or ""."""
    for job in jobs.known_jobs(bucket, run):
        result = read_result(bucket, job)
        # A completed tuning job is a reason when it has no complete training job.
        if result is None or (result.status == "Completed" and cause.name != _NO_SCORE):
            continue
        reasons = [result.reason]
        limit = reached_time_limit(sagemaker, job, result.description)
        if limit is not None:
            reasons.append(f"the time limit of {duration(limit.seconds)} ended it ({limit.key}).")
        if job.kind == "tuning" and result.status != NOT_STARTED:
            distinct_reasons = dict.fromkeys(failure_reasons(sagemaker, job.name))
            reasons += list(distinct_reasons)[:_REASONS_PER_JOB]
        # The container's explanation precedes a blank line and the traceback.
        text = " ".join(
            one_line(reason.split("\n\n")[0], _REASON_LENGTH) for reason in reasons if reason
        )
        text = text or _SILENT.get(result.status, _UNSAID)
        yield f"{job.name} ({result.status}): {text}", limit.key if limit else ""


def _attempts(bucket: Bucket, run: RunFolder) -> tuple[list[str], list[str]]:
    """Return a sentence for each job with several attempts, and the errors of damaged requests.

    A damaged request must not prevent the record of the failure.
    """
    texts, damages = [], []
    for job in jobs.latest_jobs(bucket, run).values():
        try:
            attempts = describe_attempts(read_attempts(bucket, job))
        except UnreadableState as error:
            logger.error("%s", error)
            damages.append(str(error))
        else:
            texts += [f"{job.job}: {attempts}"] if attempts else []
    return texts, damages
