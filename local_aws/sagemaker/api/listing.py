"""Filters, order and pages of lists, the same for all List operations and Search.

A page's token names the last row that was given, not its position: rows that come or go in between
make no row appear twice.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from local_aws.sagemaker.errors import ValidationError
from local_aws.sagemaker.jobs.training_job import TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob

DEFAULT_PAGE = 10

JobT = TypeVar("JobT", TrainingJob, TuningJob)
RowT = TypeVar("RowT")

SortKey = str | float | datetime


def list_jobs(
    jobs: Iterable[JobT],
    request: dict[str, Any],
    *,
    member: str,
    summarize: Callable[[JobT], dict[str, Any]],
    sort_by: str = "Name",
) -> dict[str, Any]:
    """Answer a List operation.

    Parameters
    ----------
    jobs
        All that there are, before any filter.
    member
        Of the answer, for the rows.
    summarize
        Makes a row.
    sort_by
        The operation's default.

    Raises
    ------
    ValidationError
        The NextToken is none of ours.
    """
    sort_by = request.get("SortBy", sort_by)
    page, token = page_of(
        [job for job in jobs if _matches(job, request, sort_by)],
        request,
        sort_key=_SORT_KEYS[sort_by],
        name=lambda job: job.name,
        descending=request.get("SortOrder") == "Descending",
    )
    return {member: [summarize(job) for job in page], "NextToken": token}


_SORT_KEYS: dict[str, Callable[[Any], SortKey]] = {
    "Name": lambda job: job.name,
    "Status": lambda job: job.status,
    "CreationTime": lambda job: job.created,
    "FinalObjectiveMetricValue": lambda job: job.objective,
}


# What a job must be like to be listed, by the member of the request that asks for it.
_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "NameContains": lambda job, text: text.lower() in job.name.lower(),
    "StatusEquals": lambda job, status: job.status == status,
    "CreationTimeAfter": lambda job, time: job.created > time,
    "CreationTimeBefore": lambda job, time: job.created < time,
    "LastModifiedTimeAfter": lambda job, time: job.modified > time,
    "LastModifiedTimeBefore": lambda job, time: job.modified < time,
    # Nothing is kept warm on a laptop.
    "WarmPoolStatusEquals": lambda job, status: False,
    "TrainingPlanArnEquals": lambda job, arn: (
        job.request["ResourceConfig"].get("TrainingPlanArn") == arn
    ),
}


def _matches(job: TrainingJob | TuningJob, request: dict[str, Any], sort_by: str) -> bool:
    """Return whether a job is listed; sorted by objective only those that have one."""
    return all(test(job, request[name]) for name, test in _FILTERS.items() if name in request) and (
        sort_by != "FinalObjectiveMetricValue"
        or (isinstance(job, TrainingJob) and job.objective is not None)
    )


def page_of(
    rows: Iterable[RowT],
    request: dict[str, Any],
    *,
    sort_key: Callable[[RowT], SortKey],
    name: Callable[[RowT], str],
    descending: bool,
    size: int = DEFAULT_PAGE,
) -> tuple[list[RowT], str | None]:
    """Order rows, and cut out the page that a request asks for.

    Returns
    -------
    tuple of the page's rows and the token of the next page, if there is one

    Raises
    ------
    ValidationError
        The token is none of ours.
    """

    def place(row: RowT) -> tuple[Any, str]:
        key = sort_key(row)
        return (key.timestamp() if isinstance(key, datetime) else key, name(row))

    ordered = sorted(rows, key=place, reverse=descending)
    if "NextToken" in request:
        last = _read_token(request["NextToken"])
        try:
            ordered = [
                row for row in ordered if (place(row) < last if descending else place(row) > last)
            ]
        except TypeError:
            raise _bad_token() from None
    size = request.get("MaxResults", size)
    page = ordered[:size]
    return page, _write_token(place(page[-1])) if len(ordered) > size else None


def _write_token(place: tuple[Any, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _read_token(token: str) -> tuple[Any, str]:
    try:
        key, name = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError):
        raise _bad_token() from None
    return key, name


def _bad_token() -> ValidationError:
    return ValidationError("The NextToken is not valid for this request.")
