"""The search in sentences and small tables: training jobs, estimators, failures."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from tunedrop import wording
from tunedrop.report.results import COMPLETED, FAILED, STOPPED, Results, best_training_job
from tunedrop.report.tables import TextTable


def counts_text(results: Results) -> str:
    """Return how many training jobs ended how: "3 completed, 1 stopped early"."""
    counts = Counter(job.status for job in results.training_jobs)
    return ", ".join(
        f"{amount:,} {'stopped early' if status == STOPPED else status.lower()}"
        for status, amount in sorted(counts.items())
    )


def jobs_text(results: Results) -> str:
    """Return how many training jobs there were, and how they ended."""
    amount = len(results.training_jobs)
    if not amount:
        return "No training job was started"
    return f"{wording.count(amount, 'training job')}: {counts_text(results)}"


def job_sentences(results: Results) -> str:
    """Return how many training jobs ended how, and the best score of the search."""
    sentences, best = [f"{jobs_text(results)}."], results.best
    if best is not None:
        sentences.append(f"The best score of the search is {wording.number(best.objective)}.")
        if len(results.training_jobs) > 1:
            sentences.append("It is optimistic: the best of many scores on the same folds.")
    return " ".join(sentences)


def estimator_table(results: Results) -> TextTable:
    """Compare the estimators, best first."""
    rows = []
    for key in results.estimators:
        jobs = [job for job in results.training_jobs if job.estimator == key]
        scores = [j.objective for j in jobs if j.status == COMPLETED and j.objective is not None]
        seconds = [job.training_seconds for job in jobs if job.training_seconds is not None]
        best = best_training_job(jobs, results.sign)
        objective = best.objective if best else None
        cells = (
            key,
            wording.score(objective),
            wording.score(median(scores) if scores else None),
            f"{len(jobs):,}",
            f"{sum(job.status == STOPPED for job in jobs):,}",
            f"{sum(job.status == FAILED for job in jobs):,}",
            wording.duration(median(seconds) if seconds else None),
        )
        rows.append((-math.inf if objective is None else results.sign * objective, cells))
    rows.sort(key=lambda row: row[0], reverse=True)
    titles = (
        "Estimator", "Best", "Median", "Training jobs", "Stopped early", "Failed", "Median time",
    )  # fmt: skip
    return TextTable(titles, tuple(cells for _, cells in rows), numeric=range(1, 7))


NO_OBJECTIVE = "The training job completed without a value of the objective metric."
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
    """Group failed training jobs and tuning jobs by the text of their reasons, largest first."""
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for name, estimator, reason in _failed_jobs(results):
        text = wording.one_line(reason, 600) or "SageMaker gave no reason."
        groups.setdefault(_PARTICULAR.sub("#", text), []).append((name, estimator, text))
    return tuple(
        Failure(
            reason=jobs[0][2],
            amount=len(jobs),
            names=tuple(name for name, _, _ in jobs[:MAX_NAMES]),
            estimators=tuple(dict.fromkeys(estimator for _, estimator, _ in jobs)),
        )
        for jobs in sorted(groups.values(), key=lambda jobs: (-len(jobs), jobs[0][0]))
    )


def _failed_jobs(results: Results) -> Iterator[tuple[str, str, str]]:
    """Yield name, estimator and reason; a job that was stopped early has not failed."""
    for job in results.tuning_jobs:
        if job.status not in (COMPLETED, STOPPED, "InProgress", "Stopping"):
            reason = job.failure_reason or f"The tuning job is {job.status}."
            yield job.name, job.estimator.key, reason
    for trained in results.training_jobs:
        if trained.status == FAILED:
            yield trained.name, trained.estimator, trained.failure_reason
        elif trained.status == COMPLETED and trained.objective is None:
            yield trained.name, trained.estimator, NO_OBJECTIVE
