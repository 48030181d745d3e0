"""The cost of a run: billable time, what it was spent on, and what early stopping saved."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from tunedrop import wording
from tunedrop.report.results import COMPLETED, STOPPED, Cost, Results
from tunedrop.report.tables import TextTable


def cost_sentence(results: Results) -> str:
    """Return what a run cost, in a sentence."""
    cost = results.cost
    if cost is None:
        return "Not known yet: SageMaker has not reported billable time."
    time = f"{wording.duration(cost.billable_seconds)} billable on {_instance(cost)}"
    if cost.usd is None:
        return f"{time}; no price available."
    expected = results.planned_cost.expected_usd
    plan = "" if expected is None else f"; {wording.money(expected)} was expected"
    return f"{wording.money(cost.usd)} for {time}{plan}."


def cost_facts(results: Results) -> list[tuple[str, str]]:
    """Return what was billed; money only where the price is known."""
    cost = results.cost
    if cost is None:
        return [("Billable time", "not reported by SageMaker yet")]
    # Confirm is one more
    jobs = len(results.training_jobs) + 1 - cost.jobs_without_seconds
    price = "" if cost.usd_per_hour is None else f" at ${cost.usd_per_hour:g} an hour"
    facts = [
        ("Cost", "no price available" if cost.usd is None else wording.money(cost.usd) + price)
    ]
    if cost.usd is not None and jobs:
        facts.append(("Per job", f"{wording.money(cost.usd / jobs)} on average"))
    planned = results.planned_cost
    facts += [
        ("Expected", _time_and_money(planned.expected_seconds, planned.expected_usd)),
        ("Maximum", _time_and_money(planned.max_seconds, planned.max_usd)),
        ("Billable time", f"{wording.duration(cost.billable_seconds)} of {jobs:,} jobs"),
        ("Training time", wording.duration(cost.training_seconds)),
        ("Instance type", _instance(cost)),
    ]
    if 0 < cost.billable_seconds < cost.training_seconds:
        saved = cost.training_seconds - cost.billable_seconds
        usd = None if cost.usd_per_hour is None else saved / 3600 * cost.usd_per_hour
        share = wording.percent(saved / cost.training_seconds)
        facts.append(("Saved by spot", f"{_time_and_money(saved, usd)} ({share})"))
    early = early_stopping(results)
    if early is not None and early.seconds >= 1:
        facts.append(("Saved by early stopping", f"about {wording.duration(early.seconds)}"))
    if cost.jobs_without_seconds:
        missing = wording.count(cost.jobs_without_seconds, "job")
        facts.append(("Not counted", f"{missing} without a reported time"))
    return facts


def _time_and_money(seconds: float, usd: float | None) -> str:
    return ("" if usd is None else f"{wording.money(usd)}, ") + wording.duration(seconds)


def _instance(cost: Cost) -> str:
    return cost.instance_type + (" (spot)" if cost.spot else "")


def time_table(results: Results) -> TextTable | None:
    """Return what the completed training jobs spent their time on; None if none reported it.

    Each reported the mean over its folds; the rest is start-up, reading data and writing results.
    """
    folds = results.cross_validation.folds
    jobs = [
        job
        for job in results.training_jobs
        if job.status == COMPLETED and job.fit_seconds is not None and job.training_seconds
    ]
    if not jobs:
        return None
    fitting = sum((job.fit_seconds or 0.0) * folds for job in jobs)
    scoring = sum((job.score_seconds or 0.0) * folds for job in jobs)
    # SageMaker counts whole seconds, so a short training job may have fitted longer than it ran
    total = max(float(sum(job.training_seconds or 0 for job in jobs)), fitting + scoring)
    rows = [
        (name, wording.duration(seconds), wording.percent(seconds / total), note)
        for name, seconds, note in (
            ("Fitting", fitting, "the models of all folds"),
            ("Scoring", scoring, "the folds' test rows"),
            ("Everything else", total - fitting - scoring, "start-up, reading data, results"),
        )
    ]
    waiting = sum(
        max((job.started - job.created).total_seconds(), 0.0)
        for job in results.training_jobs
        if job.started and job.created
    )
    if waiting:
        rows.append(("Before the start", wording.duration(waiting), "", "not billed"))
    titles = ("Completed training jobs", "Time", "Share", "What it is")
    return TextTable(titles, tuple(rows), numeric=(1, 2))


@dataclass(frozen=True)
class EarlyStopping:
    """An estimate of what stopping training jobs early saved."""

    jobs: int
    seconds: float
    usd: float | None

    @property
    def sentence(self) -> str:
        """What the report says of it."""
        jobs = wording.count(self.jobs, "training job")
        if self.seconds < 1:
            return f"{jobs} stopped early, with no notable time saved."
        return (
            f"{jobs} stopped early, which saved about {_time_and_money(self.seconds, self.usd)} "
            "(compared with the median completed training job of the same estimator)."
        )


def early_stopping(results: Results) -> EarlyStopping | None:
    """Compare stopped training jobs with the median completed one; None when none was stopped."""
    stoppable = {
        job.name
        for job in results.tuning_jobs
        if job.early_stopping == "Auto" or job.strategy == "Hyperband"
    }
    stopped = [
        job
        for job in results.training_jobs
        if job.status == STOPPED and job.tuning_job in stoppable
    ]
    if not stopped:
        return None
    completed: dict[str, list[int]] = {}
    for job in results.training_jobs:
        if job.status == COMPLETED and job.training_seconds is not None:
            completed.setdefault(job.estimator, []).append(job.training_seconds)
    seconds = sum(
        max(median(completed[job.estimator]) - job.training_seconds, 0.0)
        for job in stopped
        if job.estimator in completed and job.training_seconds is not None
    )
    price = results.cost.usd_per_hour if results.cost else None
    return EarlyStopping(len(stopped), seconds, None if price is None else seconds / 3600 * price)
