"""Failures grouped by reason, so that fifty equal ones read as one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.results import FAILED, Results

NO_OBJECTIVE = "It completed without a value of the objective metric."
MAX_NAMES = 5
_PARTICULAR = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class Failure:
    """One reason and the jobs that failed with it."""

    reason: str
    amount: int
    names: tuple[str, ...]
    estimators: tuple[str, ...]


def failures(results: Results) -> tuple[Failure, ...]:
    """Group failed training jobs and tuning jobs by their reasons' wording, most frequent first."""
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for name, estimator, reason in _failed(results):
        text = wording.one_line(reason, 600) or "SageMaker gave no reason."
        groups.setdefault(_PARTICULAR.sub("#", text), []).append((name, estimator, text))
    return tuple(
        Failure(
            reason=members[0][2],
            amount=len(members),
            names=tuple(name for name, _, _ in members[:MAX_NAMES]),
            estimators=tuple(dict.fromkeys(estimator for _, estimator, _ in members)),
        )
        for members in sorted(groups.values(), key=lambda members: (-len(members), members[0][0]))
    )


def _failed(results: Results) -> list[tuple[str, str, str]]:
    """(name, estimator, reason) of everything that did not work; early stopping did."""
    found = [
        (job.name, job.estimator.key, job.failure_reason or f"The tuning job is {job.status}.")
        for job in results.tuning_jobs
        if job.status not in ("Completed", "Stopped", "InProgress", "Stopping")
    ]
    for job in results.training_jobs:
        if job.status == FAILED:
            found.append((job.name, job.estimator, job.failure_reason))
        elif job.status == "Completed" and job.objective is None:
            found.append((job.name, job.estimator, NO_OBJECTIVE))
    return found
