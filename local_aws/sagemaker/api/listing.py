"""Filters, order and pages of lists, the same for all List operations and Search.

A page's token names its last row, not a position: rows that are added or removed in between make no
row appear twice.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from botocore.utils import parse_to_aware_datetime

from local_aws.sagemaker.errors import ValidationError
from local_aws.sagemaker.jobs.training_job import TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob

_DEFAULT_PAGE = 10

JobT = TypeVar("JobT", TrainingJob, TuningJob)

_SORT_KEYS: dict[str, Callable[[Any], str | float]] = {
    "Name": lambda job: job.name,
    "Status": lambda job: job.status,
    "CreationTime": lambda job: job.created.timestamp(),
    "LastModifiedTime": lambda job: job.modified.timestamp(),
    "FinalObjectiveMetricValue": lambda job: job.objective,
}

# The condition for a job to be listed, by the member of the request.
_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "NameContains": lambda job, text: text.lower() in job.name.lower(),
    "StatusEquals": lambda job, status: job.status == status,
    "CreationTimeAfter": lambda job, time: job.created > parse_to_aware_datetime(time),
    "CreationTimeBefore": lambda job, time: job.created < parse_to_aware_datetime(time),
    "LastModifiedTimeAfter": lambda job, time: job.modified > parse_to_aware_datetime(time),
    "LastModifiedTimeBefore": lambda job, time: job.modified < parse_to_aware_datetime(time),
}


def list_jobs(
    jobs: Iterable[JobT],
    request: dict[str, Any],
    *,
    member: str,
    describe: Callable[[JobT], dict[str, Any]],
    sort_by: str = "Name",
) -> dict[str, Any]:
    """Answer a List operation.

    Parameters
    ----------
    jobs
        All jobs, before any filter.
    member
        Of the answer, for the rows.
    describe
        Makes a row.
    sort_by
        The operation's default.
    """
    sort_by = request.get("SortBy", sort_by)
    descending = request.get("SortOrder") == "Descending"

    def place(job: JobT) -> tuple[Any, str]:
        return _SORT_KEYS[sort_by](job), job.name

    listed = (job for job in jobs if _matches(job, request, sort_by))
    ordered = sorted(listed, key=place, reverse=descending)
    if "NextToken" in request:
        try:
            last = tuple(json.loads(base64.urlsafe_b64decode(request["NextToken"])))
            ordered = [
                job for job in ordered if (place(job) < last if descending else place(job) > last)
            ]
        except (ValueError, TypeError):
            raise ValidationError("The NextToken is not valid for this request.") from None
    size = request.get("MaxResults", _DEFAULT_PAGE)
    page = ordered[:size]
    token = base64.urlsafe_b64encode(json.dumps(place(page[-1])).encode()) if page else b""
    return {
        member: [describe(job) for job in page],
        "NextToken": token.decode() if len(ordered) > size else None,
    }


def _matches(job: TrainingJob | TuningJob, request: dict[str, Any], sort_by: str) -> bool:
    """Return whether a job is listed; sorted by objective only those that have one."""
    return all(test(job, request[name]) for name, test in _FILTERS.items() if name in request) and (
        sort_by != "FinalObjectiveMetricValue"
        or (isinstance(job, TrainingJob) and job.objective is not None)
    )
