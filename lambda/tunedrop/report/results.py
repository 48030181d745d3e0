"""results.json: all that is known of a run after its jobs, assembled by WriteReport.

The report draws from this record alone, so it can be drawn again, or differently, at any time.
Its JSON Schema is docs/results.schema.json (`python -m tunedrop.report.results` prints it).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tunedrop.plan import (
    CrossValidation,
    Data,
    EstimatorPlan,
    FinalTest,
    Instance,
    Plan,
    TuningJobPlan,
)
from tunedrop.report.confirm_scores import ConfirmScores
from tunedrop.report.training_jobs import COMPLETED, TrainingJob
from tunedrop.running.job_results import reason_of

UNKNOWN = "Unknown"


class JobResult(BaseModel):
    """jobs/<job>.result.json: how a SageMaker job ended."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job: str
    status: str
    failure_reason: str | None = ""
    description: dict[str, Any] | None = None
    error: Any = None

    def described(self, key: str) -> Any:
        """Return one value of the describe answer; None when there is none."""
        return (self.description or {}).get(key)

    @property
    def reason(self) -> str:
        """Why it failed, in one string."""
        return reason_of({"failure_reason": self.failure_reason, "error": self.error})


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


class Trigger(BaseModel):
    """What started the run."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    time: str
    key: str | None = None
    tick: str | None = None


class RunRecord(BaseModel):
    """run.json, as far as the report needs it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dataset: str
    run_id: str
    digest: str
    execution: str
    trigger: Trigger


class Results(Record):
    """results.json."""

    version: Literal[1] = 1
    dataset: str
    run_id: str
    task: Literal["classification", "regression"]
    target: str
    metric: str = Field(description="A scikit-learn scorer: greater is better.")
    verdict: str
    sentence: str
    shipped: str = Field(description="Name of the contender whose model is the run's.")
    best_training_job: str | None
    objective: float | None = Field(description="Of the best training job, as SageMaker stores it.")
    hyperparameters: dict[str, str] = Field(description="The tuned ones of the best training job.")
    estimator: str | None = Field(description="Key of the best training job's estimator.")
    confirm: ConfirmScores
    confirm_job: ConfirmJob
    champion_estimator: EstimatorPlan | None = Field(
        description="Of the champion before this run, if there was one."
    )
    tuning_jobs: tuple[TuningJob, ...]
    training_jobs: tuple[TrainingJob, ...]
    model: str | None = Field(description="S3 URI of the fitted model.")
    cost: Cost | None
    warnings: tuple[str, ...]
    decisions: tuple[str, ...]
    data: Data
    cross_validation: CrossValidation
    final_test: FinalTest
    instance: Instance
    seed: int
    folder: str = Field(description="S3 URI of the run's folder.")
    region: str = ""
    run: RunRecord

    def tuning_job(self, name: str) -> TuningJob:
        """Return the tuning job of that name."""
        return next(job for job in self.tuning_jobs if job.name == name)

    @property
    def best(self) -> TrainingJob | None:
        """The best training job."""
        found = (job for job in self.training_jobs if job.name == self.best_training_job)
        return next(found, None)

    @property
    def finished(self) -> datetime | None:
        """When the last job of the run ended."""
        return self.confirm_job.ended


def best_training_job(jobs: Iterable[TrainingJob]) -> TrainingJob | None:
    """Return the Completed training job with the greatest objective, the first of equals.

    Given in the order of the plan's tuning jobs and then of their creation, this is the one which
    StartJob gave to Confirm (`tuning_winner`).
    One that was stopped early has folds missing, so its mean cannot be compared and cannot win.
    """
    completed = [job for job in jobs if job.status == COMPLETED and job.objective is not None]
    return max(completed, key=lambda job: job.objective or 0.0, default=None)


def assemble(
    *,
    run: RunRecord,
    plan: Plan,
    job_results: Mapping[str, JobResult],
    training_jobs: tuple[TrainingJob, ...],
    confirm: ConfirmScores,
    model: str | None,
    folder: str,
    region: str,
    prices: Mapping[str, float],
) -> Results:
    """Put everything together; pure, so the same inputs give the same file."""
    best = best_training_job(training_jobs)
    confirm_job = _confirm_job(plan.confirm.name, job_results.get(plan.confirm.name))
    return Results(
        dataset=plan.dataset,
        run_id=plan.run_id,
        task=plan.task,
        target=plan.data.target,
        metric=plan.metric.objective,
        verdict=confirm.verdict,
        sentence=confirm.sentence,
        shipped=confirm.shipped,
        best_training_job=best.name if best else None,
        objective=best.objective if best else None,
        hyperparameters=best.hyperparameters if best else {},
        estimator=best.estimator if best else None,
        confirm=confirm,
        confirm_job=confirm_job,
        champion_estimator=plan.confirm.champion.estimator if plan.confirm.champion else None,
        tuning_jobs=tuple(_tuning_job(job, job_results.get(job.name)) for job in plan.tuning_jobs),
        training_jobs=training_jobs,
        model=model,
        cost=cost(plan.instance, training_jobs, confirm_job, prices),
        warnings=plan.warnings + confirm.warnings,
        decisions=plan.decisions,
        data=plan.data,
        cross_validation=plan.cross_validation,
        final_test=plan.final_test,
        instance=plan.instance,
        seed=plan.seed,
        folder=folder,
        region=region,
        run=run,
    )


def cost(
    instance: Instance,
    jobs: Iterable[TrainingJob],
    confirm_job: ConfirmJob,
    prices: Mapping[str, float],
) -> Cost | None:
    """Return what is billed for, or None when SageMaker gave no seconds at all."""
    all_jobs: list[TrainingJob | ConfirmJob] = [*jobs, confirm_job]
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


def _tuning_job(planned: TuningJobPlan, result: JobResult | None) -> TuningJob:
    lost = "There is no record of how this tuning job ended." if result is None else result.reason
    return TuningJob(
        name=planned.name,
        arn=(result and result.described("HyperParameterTuningJobArn")) or "",
        estimator=planned.estimator,
        strategy=planned.strategy,
        max_training_jobs=planned.max_training_jobs,
        max_parallel_training_jobs=planned.max_parallel_training_jobs,
        early_stopping=planned.early_stopping,
        parents=planned.parents,
        status=result.status if result else UNKNOWN,
        failure_reason=lost,
        created=result.described("CreationTime") if result else None,
        ended=result.described("HyperParameterTuningEndTime") if result else None,
    )


def _confirm_job(name: str, result: JobResult | None) -> ConfirmJob:
    if result is None:
        return ConfirmJob(name=name)
    return ConfirmJob(
        name=name,
        created=result.described("CreationTime"),
        started=result.described("TrainingStartTime"),
        ended=result.described("TrainingEndTime"),
        training_seconds=result.described("TrainingTimeInSeconds"),
        billable_seconds=result.described("BillableTimeInSeconds"),
    )


def json_schema() -> str:
    """Return docs/results.schema.json."""
    schema = Results.model_json_schema(mode="serialization")
    return json.dumps(schema | {"title": "Tunedrop results.json"}, indent=2) + "\n"


if __name__ == "__main__":
    print(json_schema(), end="")
