"""Where the time went: fitting against everything else, and what early stopping saved."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from tunedrop.report import wording
from tunedrop.report.search import Search
from tunedrop.report.training_jobs import COMPLETED, STOPPED, TrainingJob


@dataclass(frozen=True)
class TimeShare:
    """One part of the machines' time; `share` is of what was counted, None where not billed."""

    name: str
    seconds: float
    share: float | None
    note: str


def time_shares(search: Search, folds: int) -> tuple[TimeShare, ...]:
    """Split the time of the completed training jobs that said how long they fitted and scored.

    Each printed the mean of its folds; the rest is start-up, reading data and writing results.
    """
    counted = [
        job
        for job in search.training_jobs
        if job.status == COMPLETED and job.fit_seconds is not None and job.training_seconds
    ]
    if not counted:
        return ()
    fitting = sum((job.fit_seconds or 0.0) * folds for job in counted)
    scoring = sum((job.score_seconds or 0.0) * folds for job in counted)
    # SageMaker counts whole seconds, so a short training job may have fitted longer than it ran
    whole = max(float(sum(job.training_seconds or 0 for job in counted)), fitting + scoring)
    rest = whole - fitting - scoring
    found = [
        TimeShare("Fitting", fitting, fitting / whole, "the models of all folds"),
        TimeShare("Scoring", scoring, scoring / whole, "the folds' test rows"),
        TimeShare("Everything else", rest, rest / whole, "start-up, reading data, results"),
    ]
    waited = _waited(search.training_jobs)
    if waited:
        found.append(TimeShare("Before the start", waited, None, "getting a machine; not billed"))
    return tuple(found)


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


def early_stopping(search: Search) -> EarlyStopping | None:
    """Compare stopped training jobs with the median completed one; None when none was stopped."""
    stoppable = {
        job.name
        for job in search.tuning_jobs
        if job.early_stopping == "Auto" or job.strategy == "Hyperband"
    }
    stopped = [
        job for job in search.training_jobs if job.status == STOPPED and job.tuning_job in stoppable
    ]
    if not stopped:
        return None
    usual = _usual_seconds(search)
    seconds = sum(
        max(usual[job.estimator] - job.training_seconds, 0.0)
        for job in stopped
        if job.estimator in usual and job.training_seconds is not None
    )
    price = search.cost.usd_per_hour if search.cost else None
    return EarlyStopping(
        jobs=len(stopped),
        seconds=seconds,
        usd=None if price is None else seconds / 3600 * price,
    )


def _usual_seconds(search: Search) -> dict[str, float]:
    """Return what a completed training job of each estimator took: the median."""
    taken: dict[str, list[int]] = {}
    for job in search.training_jobs:
        if job.status == COMPLETED and job.training_seconds is not None:
            taken.setdefault(job.estimator, []).append(job.training_seconds)
    return {estimator: median(seconds) for estimator, seconds in taken.items()}
