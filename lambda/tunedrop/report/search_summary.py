"""The report's words and small tables about a search: its training jobs, estimators and cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median

from tunedrop.report import wording
from tunedrop.report.charts.marks import estimator_order
from tunedrop.report.charts.timeline import Timeline
from tunedrop.report.effort import early_stopping
from tunedrop.report.search import Search, best_training_job
from tunedrop.report.training_jobs import COMPLETED, FAILED, STOPPED


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


def job_sentence(search: Search) -> str:
    """Return how many training jobs ended how, and what the best of the search is worth."""
    total = wording.count(len(search.training_jobs), "training job")
    if not search.training_jobs:
        return "No training job was started."
    found = f"{total}: {counts_text(Counter(job.status for job in search.training_jobs))}."
    best = search.best
    if best is not None:
        found += f" The best reached {wording.number(best.objective)} in the search."
        if len(search.training_jobs) > 1:
            found += (
                " That is the search's own number, the best of many on the same folds, so it "
                "flatters."
            )
    return found


def estimator_summaries(search: Search) -> tuple[EstimatorSummary, ...]:
    """Compare the estimators, best first."""
    found = []
    for key in estimator_order(search):
        jobs = [job for job in search.training_jobs if job.estimator == key]
        scores = [j.objective for j in jobs if j.status == COMPLETED and j.objective is not None]
        seconds = [job.training_seconds for job in jobs if job.training_seconds is not None]
        best = best_training_job(jobs, search.direction)
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
    found.sort(key=lambda row: (row.best is None, -search.sign * (row.best or 0.0)))
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


def cost_facts(search: Search) -> list[tuple[str, str]]:
    """Return what was billed; money only where the price is known."""
    cost = search.cost
    if cost is None:
        return [("Billed", "SageMaker has given no seconds yet")]
    jobs = len(search.training_jobs) + (search.confirm_job is not None) - cost.jobs_without_seconds
    facts = []
    if cost.usd is not None and cost.usd_per_hour is not None:
        facts.append(("Cost", f"{wording.money(cost.usd)} at ${cost.usd_per_hour:g} an hour"))
        if jobs:
            facts.append(("Per job", f"{wording.money(cost.usd / jobs)} on average"))
    else:
        facts.append(("Cost", "unknown: the deployment has no price for this instance type"))
    facts += [
        ("Billed time", f"{wording.duration(cost.billable_seconds)} of {jobs:,} jobs"),
        ("Training time", wording.duration(cost.training_seconds)),
        ("Instance", cost.instance_type + (" (spot)" if cost.spot else "")),
    ]
    if 0 < cost.billable_seconds < cost.training_seconds:
        saved = cost.training_seconds - cost.billable_seconds
        money = (
            f", {wording.money(saved / 3600 * cost.usd_per_hour)}"
            if cost.usd_per_hour is not None
            else ""
        )
        share = saved / cost.training_seconds
        facts.append(("Spot saved", f"{wording.duration(saved)} ({share:.0%}){money}"))
    early = early_stopping(search)
    if early is not None and early.seconds >= 1:
        facts.append(("Early stopping", f"saved about {wording.duration(early.seconds)}"))
    if cost.jobs_without_seconds:
        missing = wording.count(cost.jobs_without_seconds, "job")
        facts.append(("Not counted", f"{missing} without seconds"))
    return facts
