"""results.json: all that is known of a run after its jobs.

The report draws from this record alone, so it can be drawn again, or differently, at any time.
Its JSON Schema is docs/results.schema.json (`python -m tools.schemas` writes it).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tunedrop.report.confirm_scores import ConfirmScores
from tunedrop.run_record import Run
from tunedrop_common.estimates import Number
from tunedrop_common.metric_names import describe_metric
from tunedrop_common.plan import ChampionMember, EstimatorPlan, Plan, TuningJobPlan

COMPLETED, STOPPED, FAILED = "Completed", "Stopped", "Failed"

Direction = Literal["Maximize", "Minimize"]


class Record(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TuningJob(TuningJobPlan):
    """One tuning job of the run, as SageMaker was asked for it at last, and how it ended."""

    arn: str = ""
    status: str = Field(description="As SageMaker names it; NotStarted, or Unknown when lost.")
    failure_reason: str = ""
    created: datetime | None = None
    ended: datetime | None = None


class BilledJob(Record):
    """One training job of any kind: when it ran, and what is billed for it."""

    name: str
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    training_seconds: int | None = Field(None, description="Null when SageMaker didn't say.")
    billable_seconds: int | None = Field(None, description="Null when SageMaker didn't say.")


class TrainingJob(BilledJob):
    """One set of hyperparameters that was tried."""

    tuning_job: str
    estimator: str = Field(description="Key of the estimator in the plan.")
    hyperparameters: dict[str, str] = Field(
        description="The tuned ones, as the strings that the training job got."
    )
    objective: Number = Field(
        description="Final value of the objective metric as SageMaker stores it (32-bit)."
    )
    status: str = Field(
        description="Completed, Failed, Stopped, ... as SageMaker names it; Completed, too, when "
        "Hyperband stopped it after its last fold."
    )
    failure_reason: str = ""
    fit_seconds: Number = Field(
        None, description="To fit one fold, on average, as the training job printed it."
    )
    score_seconds: Number = Field(None, description="To score one fold, on average.")
    fold_spread: Number = Field(
        None, description="Standard deviation of the objective's values over the folds."
    )


class Cost(Record):
    """What SageMaker bills for; money only where the plan knows the price."""

    instance_type: str = Field(description="Of all attempts; several with commas.")
    spot: bool
    training_seconds: int = Field(description="Sum over tuning and Confirm, where known.")
    billable_seconds: int = Field(description="Sum over tuning and Confirm, where known.")
    jobs_without_seconds: int = Field(description="Jobs that SageMaker gave no seconds for.")
    usd_per_hour: float | None = Field(
        description="Null where it is not known, or jobs ran on machines of several types."
    )
    usd: float | None


class Results(Record):
    """results.json."""

    version: Literal[1] = 1
    dataset: str
    run_id: str
    metric: str = Field(description="A scikit-learn scorer; greater is better.")
    direction: Direction = Field("Maximize", description="Always Maximize in results.json.")
    best_training_job: str | None
    objective: float | None = Field(description="Of the best training job, as SageMaker stores it.")
    hyperparameters: dict[str, str] = Field(description="The tuned ones of the best training job.")
    estimator: str | None = Field(description="Key of the best training job's estimator.")
    tuning_jobs: tuple[TuningJob, ...]
    training_jobs: tuple[TrainingJob, ...]
    cost: Cost | None
    verdict: str
    sentence: str
    selected: str = Field(description="Name of the contender whose model is the run's.")
    members: tuple[ChampionMember, ...] = Field(
        (), description="Of a selected ensemble; else none."
    )
    confirm: ConfirmScores
    confirm_job: BilledJob
    model: str | None = Field(description="S3 URI of the fitted model.")
    warnings: tuple[str, ...]
    folder: str = Field(description="S3 URI of the run's folder.")
    run: Run
    plan: Plan
    region: str

    @property
    def best(self) -> TrainingJob | None:
        """The best training job."""
        names = {job.name: job for job in self.training_jobs}
        return names.get(self.best_training_job or "")

    @property
    def estimators(self) -> dict[str, EstimatorPlan]:
        """The estimators by their keys, in the plan's order."""
        return {job.estimator.key: job.estimator for job in self.tuning_jobs}

    def scored(self, estimator: str) -> list[TrainingJob]:
        """Return an estimator's training jobs that have an objective."""
        return [
            job
            for job in self.training_jobs
            if job.estimator == estimator and job.objective is not None
        ]

    @property
    def numbers(self) -> dict[str, int]:
        """The number by which the page calls each training job, by its name."""
        return {job.name: number for number, job in enumerate(self.training_jobs, start=1)}

    @property
    def best_number(self) -> int | None:
        """The number of the best training job."""
        return self.numbers.get(self.best_training_job or "")

    @property
    def metric_words(self) -> str:
        """The metric as people call it."""
        return describe_metric(self.metric).words

    @property
    def better(self) -> str:
        """Which objectives are good."""
        return "higher is better" if self.direction == "Maximize" else "lower is better"

    @property
    def sign(self) -> int:
        """What to multiply an objective with, so that greater is better."""
        return 1 if self.direction == "Maximize" else -1

    @property
    def finished(self) -> datetime | None:
        """When the last job of the run ended."""
        return self.confirm_job.ended


def best_training_job(jobs: Iterable[TrainingJob], sign: int = 1) -> TrainingJob | None:
    """Return the Completed training job with the greatest objective, the first of equals.

    With `sign` -1 the least one is the best.

    Given in the order of the plan's tuning jobs and then of their creation, this is the one that
    StartJob calls the search's best (`scored_jobs`); of one estimator's, its tuned model.
    One that was stopped early has folds missing, so its mean cannot be compared and cannot win.
    """
    completed = [job for job in jobs if job.status == COMPLETED and job.objective is not None]
    return max(completed, key=lambda job: sign * (job.objective or 0.0), default=None)
