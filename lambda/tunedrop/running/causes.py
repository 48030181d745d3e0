"""Why a job was not finished: in those cases where another attempt can help, and time limits.

From SageMaker's words and the container's exit codes (docs/training-container.md has them).
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of
from tunedrop.running.jobs import Job, JobState, describe, list_training_jobs
from tunedrop.running.next_attempt import Cause

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

# "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different
# ML instance type."
_CAPACITY = re.compile(
    r"CapacityError|Unable to provision requested ML compute capacity|Insufficient\w*Capacity",
    re.IGNORECASE,
)
_MEMORY = re.compile(r"OutOfMemory|instance (?:type )?with more memory", re.IGNORECASE)
# SageMaker's form of a failure of the container, with the container's exit code.
_CONTAINER, _CONTAINER_OUT_OF_MEMORY = "AlgorithmError: ", ", exit code: 137"
# Managed Spot Training Lifecycle: "Stopped: MaxWaitTimeExceeded", whether it got a machine or not.
_SPOT_WAIT = "MaxWaitTimeExceeded"
# A training job that reached its StoppingCondition is Stopped, with this secondary status.
_RUNTIME = "MaxRuntimeExceeded"

# Which keys set the time limits of a tuning job and of a training job. PlanRun gives training jobs
# less time than the setting unless tuning.yaml has `max_runtime`.
_TUNING_KEY, _TRAINING_KEY = "max_runtime", "max_runtime or limits.max_training_job_seconds"

_MOST_LISTED = 100
# Training jobs of one tuning job that wait for the same machines end alike.
_MOST_DESCRIBED = 5

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TimeLimit:
    """A time limit that ended a job, and the key of tuning.yaml or of the settings that sets it."""

    seconds: int
    key: str


def cause_in(failure_reason: str) -> Cause | None:
    """Return the cause that SageMaker names; None for one that no other machine cures.

    The container names its own by the exit code: its words are for people.
    """
    if failure_reason.startswith(_CONTAINER):
        return "memory" if failure_reason.endswith(_CONTAINER_OUT_OF_MEMORY) else None
    if _CAPACITY.search(failure_reason):
        return "capacity"
    return "memory" if _MEMORY.search(failure_reason) else None


def cause_of_end(sagemaker: SageMakerClient, job: Job, state: JobState) -> Cause | None:
    """Return why a job that is over was not finished.

    A tuning job is finished when one of its training jobs was, however it ended itself.
    """
    if job.kind == "confirm":
        return _cause_of_training_job(state)
    if state.completed or state.scored:
        return None
    causes = Counter(_causes_of_training_jobs(sagemaker, job.name, state))
    if not causes:
        return cause_in(state.failure_reason)
    return causes.most_common(1)[0][0]


def reached_time_limit(
    sagemaker: SageMakerClient, job: Job, description: Mapping[str, Any]
) -> TimeLimit | None:
    """Return the time limit that ended a job, or training jobs of a tuning job."""
    if job.kind == "confirm":
        seconds = _exceeded_seconds(description)
        return TimeLimit(seconds, _TRAINING_KEY) if seconds else None
    limits = (description.get("HyperParameterTuningJobConfig") or {}).get("ResourceLimits") or {}
    limit = limits.get("MaxRuntimeInSeconds")
    if limit is None:
        return None
    if (description.get("ConsumedResources") or {}).get("RuntimeInSeconds", 0) >= limit:
        return TimeLimit(limit, _TUNING_KEY)  # SageMaker has no status for it
    for state in _stopped_training_jobs(sagemaker, job.name):
        if seconds := _exceeded_seconds(state.description):
            # A training job has no more time than its tuning job: of two equal limits it is that.
            return TimeLimit(seconds, _TUNING_KEY if seconds == limit else _TRAINING_KEY)
    return None


def failure_reasons(sagemaker: SageMakerClient, tuning_job: str) -> list[str]:
    """Return why training jobs of a tuning job failed, in the order of their creation."""
    failed = _training_jobs(sagemaker, tuning_job, "Failed")
    return [reason for job in failed if (reason := job.get("FailureReason", ""))]


def _cause_of_training_job(state: JobState) -> Cause | None:
    if state.outcome == "Failed":
        return cause_in(state.failure_reason)
    if state.description.get("SecondaryStatus") == _SPOT_WAIT:
        return "spot wait"
    return None


def _causes_of_training_jobs(
    sagemaker: SageMakerClient, tuning_job: str, state: JobState
) -> Iterator[Cause | None]:
    for reason in failure_reasons(sagemaker, tuning_job):
        yield cause_in(reason)
    definition = state.description.get("TrainingJobDefinition") or {}
    if not definition.get("EnableManagedSpotTraining"):
        return
    yield from map(_cause_of_training_job, _stopped_training_jobs(sagemaker, tuning_job))


def _exceeded_seconds(training_job: Mapping[str, Any]) -> int | None:
    """Return the time limit that a training job reached."""
    if training_job.get("SecondaryStatus") != _RUNTIME:
        return None
    return int(training_job["StoppingCondition"]["MaxRuntimeInSeconds"])


def _stopped_training_jobs(sagemaker: SageMakerClient, tuning_job: str) -> Iterator[JobState]:
    """Describe the first training jobs that were stopped: a listing has no secondary status."""
    for job in islice(_training_jobs(sagemaker, tuning_job, "Stopped"), _MOST_DESCRIBED):
        try:
            state = describe(sagemaker, job["TrainingJobName"], "confirm")
        except ClientError:
            logger.warning("%s cannot be described", job["TrainingJobName"])
        else:
            if state is not None:
                yield state


def _training_jobs(
    sagemaker: SageMakerClient, tuning_job: str, status: Literal["Failed", "Stopped"]
) -> list[Any]:
    """List the first training jobs of a status, in the order of their creation."""
    listed = list_training_jobs(
        sagemaker, tuning_job, StatusEquals=status, SortBy="CreationTime", SortOrder="Ascending"
    )
    try:
        return list(islice(listed, _MOST_LISTED))
    except ClientError as error:
        # What is denied or gone must not keep the end itself from being recorded.
        logger.warning("%s does not say why training jobs failed: %s", tuning_job, code_of(error))
        return []
