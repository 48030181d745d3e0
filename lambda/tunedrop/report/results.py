"""results.json: all that is known of a run after its jobs, assembled by WriteReport.

The report draws from this record alone, so it can be drawn again, or differently, at any time.
Its JSON Schema is docs/results.schema.json (`python -m tunedrop.report.results` prints it).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tunedrop.report.confirm_scores import ConfirmScores
from tunedrop.report.search import ConfirmJob, Search, TuningJob, best_training_job, cost
from tunedrop.report.training_jobs import TrainingJob
from tunedrop.running.job_results import reason_of
from tunedrop_common.plan import (
    CrossValidation,
    Data,
    EstimatorPlan,
    FinalTest,
    Instance,
    Plan,
    TuningJobPlan,
)

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


class Results(Search):
    """results.json."""

    version: Literal[1] = 1
    dataset: str
    run_id: str
    task: Literal["classification", "regression"]
    target: str
    verdict: str
    sentence: str
    shipped: str = Field(description="Name of the contender whose model is the run's.")
    confirm: ConfirmScores
    confirm_job: ConfirmJob
    champion_estimator: EstimatorPlan | None = Field(
        description="Of the champion before this run, if there was one."
    )
    model: str | None = Field(description="S3 URI of the fitted model.")
    warnings: tuple[str, ...]
    decisions: tuple[str, ...]
    data: Data
    cross_validation: CrossValidation
    final_test: FinalTest
    instance: Instance
    seed: int
    folder: str = Field(description="S3 URI of the run's folder.")
    run: RunRecord

    @property
    def finished(self) -> datetime | None:
        """When the last job of the run ended."""
        return self.confirm_job.ended


def assemble(
    *,
    run: RunRecord,
    plan: Plan,
    job_results: Mapping[str, JobResult],
    training_jobs: tuple[TrainingJob, ...],
    parent_training_jobs: tuple[TrainingJob, ...] = (),
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
        parent_training_jobs=parent_training_jobs,
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
        random_seed=planned.random_seed,
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
