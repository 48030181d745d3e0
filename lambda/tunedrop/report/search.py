"""A search: what tuning jobs tried and found. All charts but the contenders draw from this alone.

A run's results are a search and what Confirm made of it; any SageMaker tuning job is a search too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tunedrop.metric_words import called
from tunedrop.report.training_jobs import COMPLETED, TrainingJob
from tunedrop_common.plan import EstimatorPlan, Instance

Direction = Literal["Maximize", "Minimize"]


class Record(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TuningJob(Record):
    """One tuning job of the run and how it ended."""

    name: str
    arn: str = ""
    estimator: EstimatorPlan
    strategy: str
    max_training_jobs: int
    max_parallel_training_jobs: int
    early_stopping: str
    random_seed: int | None = None
    parents: tuple[str, ...] = ()
    status: str = Field(description="As SageMaker names it; NotStarted, or Unknown when lost.")
    failure_reason: str = ""
    created: datetime | None = None
    ended: datetime | None = None


class ConfirmJob(Record):
    """The training job behind the verdict."""

    name: str
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    training_seconds: int | None = None
    billable_seconds: int | None = None


class Cost(Record):
    """What SageMaker bills for; money only where the deployment knows the price."""

    instance_type: str
    spot: bool
    training_seconds: int = Field(description="Sum over tuning and Confirm, where known.")
    billable_seconds: int = Field(description="Sum over tuning and Confirm, where known.")
    jobs_without_seconds: int = Field(description="Jobs that SageMaker gave no seconds for.")
    usd_per_hour: float | None
    usd: float | None


class Search(Record):
    """The tuning jobs, what each tried, and the best of it."""

    metric: str = Field(description="Of a run: a scikit-learn scorer, greater is better.")
    direction: Direction = Field("Maximize", description="Of a run always Maximize.")
    best_training_job: str | None
    objective: float | None = Field(description="Of the best training job, as SageMaker stores it.")
    hyperparameters: dict[str, str] = Field(description="The tuned ones of the best training job.")
    estimator: str | None = Field(description="Key of the best training job's estimator.")
    tuning_jobs: tuple[TuningJob, ...]
    training_jobs: tuple[TrainingJob, ...]
    parent_training_jobs: tuple[TrainingJob, ...] = Field(
        (), description="Of the tuning jobs that these started from: their warm start."
    )
    confirm_job: ConfirmJob | None = None
    cost: Cost | None
    region: str = ""

    def tuning_job(self, name: str) -> TuningJob:
        """Return the tuning job of that name."""
        return next(job for job in self.tuning_jobs if job.name == name)

    @property
    def best(self) -> TrainingJob | None:
        """The best training job."""
        found = (job for job in self.training_jobs if job.name == self.best_training_job)
        return next(found, None)

    @property
    def metric_words(self) -> str:
        """The metric as people call it."""
        return called(self.metric).words

    @property
    def better(self) -> str:
        """Which objectives are good."""
        return "higher is better" if self.direction == "Maximize" else "lower is better"

    @property
    def sign(self) -> int:
        """What to multiply an objective with, so that greater is better."""
        return sign(self.direction)


def sign(direction: Direction) -> int:
    """Return 1 when greater objectives are better, else -1."""
    return 1 if direction == "Maximize" else -1


def best_training_job(
    jobs: Iterable[TrainingJob], direction: Direction = "Maximize"
) -> TrainingJob | None:
    """Return the Completed training job with the best objective, the first of equals.

    Given in the order of the plan's tuning jobs and then of their creation, this is the one which
    StartJob gave to Confirm (`tuning_winner`).
    One that was stopped early has folds missing, so its mean cannot be compared and cannot win.
    """
    completed = [job for job in jobs if job.status == COMPLETED and job.objective is not None]
    return max(completed, key=lambda job: sign(direction) * (job.objective or 0.0), default=None)


def cost(
    instance: Instance,
    jobs: Iterable[TrainingJob],
    confirm_job: ConfirmJob | None,
    prices: Mapping[str, float],
) -> Cost | None:
    """Return what is billed for, or None when SageMaker gave no seconds at all."""
    all_jobs: list[TrainingJob | ConfirmJob] = [*jobs, *([confirm_job] if confirm_job else [])]
    billable = [job.billable_seconds for job in all_jobs if job.billable_seconds is not None]
    if not billable:
        return None
    price = prices.get(instance.type)
    return Cost(
        instance_type=instance.type,
        spot=instance.spot,
        training_seconds=sum(
            job.training_seconds or 0 for job in all_jobs if job.billable_seconds is not None
        ),
        billable_seconds=sum(billable),
        jobs_without_seconds=len(all_jobs) - len(billable),
        usd_per_hour=price,
        usd=None if price is None else round(sum(billable) / 3600 * price, 4),
    )
