"""A run's SageMaker jobs: tuning jobs and the Confirm training job, their names and their states.

Names derive from the run id, so a repeated start finds its own job. The plan's name of a job is a
base; SageMaker's name of attempt n is `<base>-<n>`. The deployment's prefix separates the stacks
of one account; the event rules match it. The state machine passes a `Job` from state to state.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import model_validator
from pydantic_core import to_json

from tunedrop.aws_errors import code_of, translated
from tunedrop.records import JOB_NAME, AttemptName, JobName, RunName
from tunedrop.run_record import RunFolder
from tunedrop.storage import Bucket

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

Kind = Literal["tuning", "confirm"]
Outcome = Literal["Completed", "Stopped", "Failed"]

_OUTCOMES: dict[str, Outcome] = {
    "Completed": "Completed",
    "Stopped": "Stopped",
    "Failed": "Failed",
    # Someone deletes the job while a run waits for it: nothing good can come of it any more.
    "Deleting": "Failed",
    "DeleteFailed": "Failed",
}
# What SageMaker calls a job in the fields of its answers: <...>Name, <...>Arn, <...>Status.
_FIELD: dict[Kind, str] = {"tuning": "HyperParameterTuningJob", "confirm": "TrainingJob"}
# What boto3 calls it in the names of its methods.
_METHOD: dict[Kind, str] = {"tuning": "hyper_parameter_tuning_job", "confirm": "training_job"}
_NAME = re.compile(JOB_NAME)

logger = logging.getLogger(__name__)


class Job(RunName):
    """A job as it travels through the state machine: names only.

    `job` is the plan's name for it; `attempt`, once it is started, SageMaker's.
    """

    job: JobName
    kind: Kind
    attempt: AttemptName = ""

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if kind_of(self.job) != self.kind or kind_of(self.name) != self.kind:
            raise ValueError("td- before names of tuning jobs, tc- before those of Confirm")
        return self

    @property
    def name(self) -> str:
        """SageMaker's name of the job."""
        return self.attempt or self.job

    def attempted_as(self, name: str) -> Job:
        """Return the job with SageMaker's name of one attempt."""
        return Job.model_validate({**self.item(), "attempt": name})

    def item(self) -> dict[str, str]:
        """Return the names alone, as JSON for the state machine."""
        return self.model_dump(include=set(Job.model_fields), exclude_defaults=True)


@dataclass(frozen=True)
class JobState:
    """What SageMaker answers when it is asked for a job."""

    status: str
    failure_reason: str
    description: dict[str, Any]

    @property
    def outcome(self) -> Outcome | None:
        """How the job ended; None while it goes on."""
        return _OUTCOMES.get(self.status)

    @property
    def scored(self) -> int:
        """How many training jobs of a tuning job have an objective."""
        counters = self.description.get("ObjectiveStatusCounters") or {}
        return int(counters.get("Succeeded", 0))

    @property
    def completed(self) -> int:
        """How many training jobs of a tuning job have completed."""
        counters = self.description.get("TrainingJobStatusCounters") or {}
        return int(counters.get("Completed", 0))


def name_tuning_job(prefix: str, dataset: str, run_id: str, index: int) -> str:
    """Name the tuning job number `index` of a run: a base of at most 32 characters with attempt."""
    return f"td-{prefix}-{_run_digest(dataset, run_id)}-{index}"


def name_confirm_job(prefix: str, dataset: str, run_id: str) -> str:
    """Name the Confirm job of a run: a base."""
    return f"tc-{prefix}-{_run_digest(dataset, run_id)}"


def name_attempt(base: str, number: int) -> str:
    """Name SageMaker's job of an attempt, counted from 1."""
    return f"{base}-{number}"


def base_of(name: str) -> str:
    """Return the plan's name of a job by SageMaker's; a name that cannot be ours as it is."""
    match = _NAME.fullmatch(name)
    return match["base"] if match else name


def kind_of(name: str) -> Kind | None:
    """Return the kind of job by one of our names; None for a name that cannot be ours."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return "tuning" if match["tuning"] else "confirm"


def _run_digest(dataset: str, run_id: str) -> str:
    return hashlib.sha256(f"{dataset}/{run_id}".encode()).hexdigest()[:10]


def may_be_over(status: str) -> bool:
    """Whether a job of this status, as an event gives it, may be over."""
    return status in _OUTCOMES


def describe(sagemaker: SageMakerClient, name: str, kind: Kind) -> JobState | None:
    """Ask SageMaker for a job; None when there is none."""
    with translated():
        try:
            answer = _call(sagemaker, "describe", kind, {f"{_FIELD[kind]}Name": name})
            answer.pop("ResponseMetadata", None)
        except ClientError as error:
            if _is_not_found(error):
                return None
            raise
    return JobState(
        status=answer[f"{_FIELD[kind]}Status"],
        failure_reason=answer.get("FailureReason") or "",
        description=json.loads(to_json(answer, inf_nan_mode="null")),
    )


def create(sagemaker: SageMakerClient, kind: Kind, request: Mapping[str, Any]) -> None:
    """Ask SageMaker for a job; botocore's errors are left to the caller."""
    _call(sagemaker, "create", kind, request)


def stop(sagemaker: SageMakerClient, name: str, kind: Kind) -> bool:
    """Stop a job if it is in progress; return whether it was, or was stopping."""
    state = describe(sagemaker, name, kind)
    if state is None:
        return False
    if state.outcome is None and state.status != "Stopping":
        try:
            with translated():
                _call(sagemaker, "stop", kind, {f"{_FIELD[kind]}Name": name})
        except ClientError:
            # SageMaker refuses to stop an ended job: it may have ended after the last call.
            now = describe(sagemaker, name, kind)
            if now is not None and now.outcome is None:
                raise
    return state.outcome is None


def known_jobs(bucket: Bucket, run: RunFolder) -> list[Job]:
    """Name the jobs that a run has asked SageMaker for, or was about to; attempts in their order.

    StartJob writes a request before it sends it, so no job is missed, and a plan need not be there.
    """
    folder = run.key("jobs/")
    names = {key.removeprefix(folder).split(".")[0] for key in bucket.list_keys(folder)}
    requested = []
    for name in names:
        kind, base = kind_of(name), base_of(name)
        if kind is not None:
            attempt = "" if base == name else name
            job = Job(dataset=run.dataset, run_id=run.run_id, job=base, kind=kind, attempt=attempt)
            requested.append(job)
    return sorted(requested, key=lambda job: (job.job, len(job.name), job.name))


def latest_jobs(bucket: Bucket, run: RunFolder) -> dict[str, Job]:
    """Return the attempts that count, by the plan's names of their jobs."""
    return {job.job: job for job in known_jobs(bucket, run)}


def stop_jobs(
    bucket: Bucket, sagemaker: SageMakerClient, run: RunFolder
) -> tuple[list[str], list[str]]:
    """Stop a run's jobs that are in progress; return those that were, and that could not be.

    An error that another attempt may cure is raised; one that stays (AccessDenied) must not keep
    the other jobs running nor the failure unrecorded, so its job is named.
    """
    stopped: list[str] = []
    not_stopped: list[str] = []
    for job in known_jobs(bucket, run):
        try:
            if stop(sagemaker, job.name, job.kind):
                stopped.append(job.name)
        except (ClientError, BotoCoreError):
            logger.exception("%s could not be stopped", job.name)
            not_stopped.append(job.name)
    return stopped, not_stopped


def in_progress(sagemaker: SageMakerClient, prefix: str, kind: Kind) -> Iterator[tuple[str, str]]:
    """List the names and ARNs of the jobs in progress whose names begin with a prefix."""
    operation: Any = f"list_{_METHOD[kind]}s"
    pages: Any = sagemaker.get_paginator(operation)
    field = _FIELD[kind]
    with translated():
        # NameContains finds the prefix in the middle of others' names, too.
        for page in pages.paginate(NameContains=prefix, StatusEquals="InProgress"):
            for entry in page[f"{field}Summaries"]:
                if entry[f"{field}Name"].startswith(prefix):
                    yield entry[f"{field}Name"], entry[f"{field}Arn"]


def list_training_jobs(
    sagemaker: SageMakerClient, tuning_job: str, **parameters: Any
) -> Iterator[Any]:
    """List a tuning job's training jobs, as that one sees them."""
    listing = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    pages = listing.paginate(
        HyperParameterTuningJobName=tuning_job, PaginationConfig={"PageSize": 100}, **parameters
    )
    with translated():
        for page in pages:
            yield from page["TrainingJobSummaries"]


def tags_of(sagemaker: SageMakerClient, arn: str) -> dict[str, str]:
    """Return the tags of a job."""
    with translated():
        pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def _call(
    sagemaker: SageMakerClient, action: str, kind: Kind, parameters: Mapping[str, Any]
) -> Any:
    return getattr(sagemaker, f"{action}_{_METHOD[kind]}")(**parameters)


def _is_not_found(error: ClientError) -> bool:
    # DescribeTrainingJob says ValidationException: Requested resource not found.
    code, message = code_of(error), str(error).lower()
    return code == "ResourceNotFound" or (code == "ValidationException" and "not found" in message)
