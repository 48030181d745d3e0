"""The report's words and small tables about the tuning: its training jobs and its estimators."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tunedrop import wording
from tunedrop.report.results import COMPLETED, FAILED, STOPPED, Results, best_training_job

if TYPE_CHECKING:
    # it brings Altair, which takes a second to import
    from tunedrop.report.charts.timeline import Timeline


@dataclass(frozen=True)
class EstimatorSummary:
    """How one estimator did in the tuning."""

    estimator: str
    best: float | None
    median: float | None
    jobs: int
    stopped: int
    failed: int
    median_seconds: float | None


def counts_text(counts: Counter[str], leave_out: str = "") -> str:
    """Return how many training jobs ended how: "3 completed, 1 stopped early"."""
    return ", ".join(
        f"{amount:,} {ended_as(status)}"
        for status, amount in sorted(counts.items())
        if status != leave_out
    )


def ended_as(status: str) -> str:
    """Return how a training job ended, in words."""
    return "stopped early" if status == STOPPED else status.lower()


def job_sentence(results: Results) -> str:
    """Return how many training jobs ended how, and what the best of the search is worth."""
    total = wording.count(len(results.training_jobs), "training job")
    if not results.training_jobs:
        return "No training job was started."
    found = f"{total}: {counts_text(Counter(job.status for job in results.training_jobs))}."
    best = results.best
    if best is not None:
        found += f" The best reached {wording.number(best.objective)} in the search."
        if len(results.training_jobs) > 1:
            found += (
                " That is the search's own number, the best of many on the same folds, so it "
                "flatters."
            )
    return found


def estimator_summaries(results: Results) -> tuple[EstimatorSummary, ...]:
    """Compare the estimators, best first."""
    found = []
    for key in results.estimators:
        jobs = [job for job in results.training_jobs if job.estimator == key]
        scores = [j.objective for j in jobs if j.status == COMPLETED and j.objective is not None]
        seconds = [job.training_seconds for job in jobs if job.training_seconds is not None]
        best = best_training_job(jobs, results.sign)
        found.append(
            EstimatorSummary(
                estimator=key,
                best=best.objective if best else None,
                median=median(scores) if scores else None,
                jobs=len(jobs),
                stopped=sum(job.status == STOPPED for job in jobs),
                failed=sum(job.status == FAILED for job in jobs),
                median_seconds=median(seconds) if seconds else None,
            )
        )
    found.sort(key=lambda row: (row.best is None, -results.sign * (row.best or 0.0)))
    return tuple(found)


def parallel_sentence(lanes: Timeline) -> str:
    """Return how parallel the tuning really was."""
    if not lanes.span_seconds:
        return ""
    return (
        f"The tuning took {wording.duration(lanes.span_seconds)} from its first training job's "
        f"start to its last one's end, with {lanes.mean_parallel:.1f} training jobs at once on "
        f"average and {lanes.most_parallel} at most."
    )
