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
from local_aws.sagemaker.training_job import TrainingJob
from local_aws.sagemaker.tuning_job import TuningJob

DEFAULT_PAGE = 10

JobT = TypeVar("JobT", TrainingJob, TuningJob)
RowT = TypeVar("RowT")

SortKey = str | float | datetime


def matching(jobs: Iterable[JobT], request: dict[str, Any]) -> list[JobT]:
    """Keep the jobs that the filters of a List operation let through."""
    tests: list[Callable[[JobT], bool]] = []
    if "NameContains" in request:
        tests.append(lambda job: request["NameContains"].lower() in job.name.lower())
    if "StatusEquals" in request:
        tests.append(lambda job: job.status == request["StatusEquals"])
    if "CreationTimeAfter" in request:
        tests.append(lambda job: job.created > request["CreationTimeAfter"])
    if "CreationTimeBefore" in request:
        tests.append(lambda job: job.created < request["CreationTimeBefore"])
    if "LastModifiedTimeAfter" in request:
        tests.append(lambda job: job.modified > request["LastModifiedTimeAfter"])
    if "LastModifiedTimeBefore" in request:
        tests.append(lambda job: job.modified < request["LastModifiedTimeBefore"])
    return [job for job in jobs if all(test(job) for test in tests)]


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
