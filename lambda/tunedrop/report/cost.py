"""What the machines' time was spent on, what it cost, and what early stopping saved."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from tunedrop import wording
from tunedrop.report.results import COMPLETED, STOPPED, Cost, Results, TrainingJob
from tunedrop.report.tables import TextTable
from tunedrop_common.plan import PlannedCost


def spent(results: Results) -> str:
    """Return what a run cost, in a sentence."""
    cost = results.cost
    if cost is None:
        return "Nobody knows yet: SageMaker has given no seconds."
    time = wording.duration(cost.billable_seconds)
    said = f"{time} of {_machine(cost)} for {wording.count(_jobs(results), 'job')}"
    if cost.usd is None:
        return f"{said}; its price is not known."
    expected = results.planned_cost.expected_usd
    compared = "" if expected is None else f"; {wording.money(expected)} was expected"
    return f"{wording.money(cost.usd)}: {said}{compared}."


def cost_facts(results: Results) -> list[tuple[str, str]]:
    """Return what was billed; money only where the price is known."""
    cost = results.cost
    if cost is None:
        return [("Billed", "SageMaker has given no seconds yet")]
    jobs = _jobs(results) - cost.jobs_without_seconds
    facts = []
    if cost.usd is not None:
        price = "" if cost.usd_per_hour is None else f" at ${cost.usd_per_hour:g} an hour"
        facts.append(("Cost", wording.money(cost.usd) + price))
        if jobs:
            facts.append(("Per job", f"{wording.money(cost.usd / jobs)} on average"))
    else:
        facts.append(("Cost", "unknown: there is no price for this instance type"))
    facts += _forecast(results.planned_cost)
    facts += [
        ("Billed time", f"{wording.duration(cost.billable_seconds)} of {jobs:,} jobs"),
        ("Training time", wording.duration(cost.training_seconds)),
        ("Instance", _machine(cost)),
    ]
    facts += _spot(cost)
    early = early_stopping(results)
    if early is not None and early.seconds >= 1:
        facts.append(("Early stopping", f"saved about {wording.duration(early.seconds)}"))
    if cost.jobs_without_seconds:
        missing = wording.count(cost.jobs_without_seconds, "job")
        facts.append(("Not counted", f"{missing} without seconds"))
    return facts


def _forecast(planned: PlannedCost) -> list[tuple[str, str]]:
    """Return what was expected before the run started."""
    forecasts = (
        ("Expected", planned.expected_usd, planned.expected_seconds),
        ("At the worst", planned.worst_usd, planned.worst_seconds),
    )
    return [
        (name, f"{'' if usd is None else wording.money(usd) + ', '}{wording.duration(seconds)}")
        for name, usd, seconds in forecasts
    ]


def _spot(cost: Cost) -> list[tuple[str, str]]:
    if not 0 < cost.billable_seconds < cost.training_seconds:
        return []
    saved = cost.training_seconds - cost.billable_seconds
    price = cost.usd_per_hour
    money = "" if price is None else f", {wording.money(saved / 3600 * price)}"
    return [
        ("Spot saved", f"{wording.duration(saved)} ({saved / cost.training_seconds:.0%}){money}")
    ]


def _machine(cost: Cost) -> str:
    return cost.instance_type + (" (spot)" if cost.spot else "")


def _jobs(results: Results) -> int:
    """Return how many jobs a machine was started for: Confirm is one more."""
    return len(results.training_jobs) + 1


def time_table(results: Results) -> TextTable | None:
    """Split the time of the completed training jobs that said how long they fitted and scored.

    Each printed the mean of its folds; the rest is start-up, reading data and writing results.
    """
    folds = results.cross_validation.folds
    counted = [
        job
        for job in results.training_jobs
        if job.status == COMPLETED and job.fit_seconds is not None and job.training_seconds
    ]
    if not counted:
        return None
    fitting = sum((job.fit_seconds or 0.0) * folds for job in counted)
    scoring = sum((job.score_seconds or 0.0) * folds for job in counted)
    # SageMaker counts whole seconds, so a short training job may have fitted longer than it ran
    whole = max(float(sum(job.training_seconds or 0 for job in counted)), fitting + scoring)
    parts = (
        ("Fitting", fitting, "the models of all folds"),
        ("Scoring", scoring, "the folds' test rows"),
        ("Everything else", whole - fitting - scoring, "start-up, reading data, results"),
    )
    rows = [
        (name, wording.duration(seconds), wording.percent(seconds / whole), note)
        for name, seconds, note in parts
    ]
    if waited := _waited(results.training_jobs):
        note = "getting a machine; not billed"
        rows.append(("Before the start", wording.duration(waited), "", note))
    titles = ("Completed training jobs", "Time", "Share", "What it is")
    return TextTable(titles, tuple(rows), numeric=(1, 2))


def _waited(jobs: tuple[TrainingJob, ...]) -> float:
    return sum(
        max((job.started - job.created).total_seconds(), 0.0)
        for job in jobs
        if job.started and job.created
    )


@dataclass(frozen=True)
class EarlyStopping:
    """What stopping training jobs early saved, at an estimate."""

    jobs: int
    seconds: float
    usd: float | None

    @property
    def sentence(self) -> str:
        """What the report says of it."""
        stopped = wording.count(self.jobs, "training job")
        if self.seconds < 1:
            return f"{stopped} stopped early; too short to save time worth mentioning."
        money = "" if self.usd is None else f", {wording.money(self.usd)}"
        return (
            f"{stopped} stopped early saved about {wording.duration(self.seconds)}{money}: what a "
            "completed one of the same estimator took, less what they took."
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
    usual = _usual_seconds(results)
    seconds = sum(
        max(usual[job.estimator] - job.training_seconds, 0.0)
        for job in stopped
        if job.estimator in usual and job.training_seconds is not None
    )
    price = results.cost.usd_per_hour if results.cost else None
    return EarlyStopping(
        jobs=len(stopped),
        seconds=seconds,
        usd=None if price is None else seconds / 3600 * price,
    )


def _usual_seconds(results: Results) -> dict[str, float]:
    """Return what a completed training job of each estimator took: the median."""
    taken: dict[str, list[int]] = {}
    for job in results.training_jobs:
        if job.status == COMPLETED and job.training_seconds is not None:
            taken.setdefault(job.estimator, []).append(job.training_seconds)
    return {estimator: median(seconds) for estimator, seconds in taken.items()}
