"""Names of a run's SageMaker jobs: derived from the run id, so that a retried start finds its own.

The plan's name of a job is a base; SageMaker's job of attempt n is `<base>-<n>`. The deployment's
prefix keeps stacks of one account apart, and is what the event rules match.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from tunedrop.records import JOB_NAME

Kind = Literal["tuning", "confirm"]

_NAME = re.compile(JOB_NAME)


def tuning_job(prefix: str, dataset: str, run_id: str, index: int) -> str:
    """Name the tuning job number `index` of a run: a base of at most 32 characters with attempt."""
    return f"td-{prefix}-{_run_digest(dataset, run_id)}-{index}"


def confirm(prefix: str, dataset: str, run_id: str) -> str:
    """Name the Confirm job of a run: a base."""
    return f"tc-{prefix}-{_run_digest(dataset, run_id)}"


def attempt(base: str, number: int) -> str:
    """Name SageMaker's job of an attempt, counted from 1."""
    return f"{base}-{number}"


def number_of(base: str, name: str) -> int | None:
    """Return which attempt at a job this name is; None when it is another job's."""
    rest = name.removeprefix(f"{base}-")
    return int(rest) if rest != name and re.fullmatch(r"[1-9]\d*", rest) else None


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
