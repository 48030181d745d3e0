"""A tuning job's course with training jobs that are over as soon as they are launched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from local_aws.sagemaker.api.descriptions import describe_tuning_job
from local_aws.sagemaker.api.rules import check_tuning_job
from local_aws.sagemaker.jobs.training_job import TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.jobs.tuning_run import TuningRun
from tests.support.sagemaker.requests import tuning_request


def make_run(age: timedelta = timedelta(), **request: Any) -> tuple[TuningRun, list[str]]:
    content = tuning_request("course", **request)
    definition = check_tuning_job(content)
    job = TuningJob("course", content, {})
    job.created -= age
    announced: list[str] = []

    def changed(item: TuningJob | TrainingJob) -> None:
        announced.append(f"{type(item).__name__} {item.status}")

    return TuningRun(job, definition, [], changed, 750), announced


def launch(run: TuningRun) -> TrainingJob:
    job = run.launch()
    assert job is not None
    return job


def finish(run: TuningRun, job: TrainingJob, value: float | None = 0.5) -> None:
    if value is not None:
        job.measure("objective", value)
    stopped = job.stop_switch.reason is not None
    job.finish("Stopped" if stopped else "Completed", "Stopped" if stopped else "Completed")
    run.ended(job)


def test_the_runtime_limit_stops_the_training_jobs_and_completes_the_tuning_job() -> None:
    limit = {"MaxParallelTrainingJobs": 2, "MaxNumberOfTrainingJobs": 9, "MaxRuntimeInSeconds": 120}
    run, _ = make_run(config={"ResourceLimits": limit}, age=timedelta(seconds=119))
    job = launch(run)
    run.tick()
    assert job.stop_switch.reason is None
    run, _ = make_run(config={"ResourceLimits": limit}, age=timedelta(seconds=121))
    job = launch(run)
    run.tick()
    assert job.stop_switch.reason == "Stopped"
    assert run.demand() == 0
    finish(run, job)
    assert run.job.status == "Completed"
    assert describe_tuning_job(run.job)["ConsumedResources"]["RuntimeInSeconds"] >= 120


def test_a_failure_of_the_service_itself_fails_the_tuning_job_with_its_reason() -> None:
    run, _ = make_run()
    job = launch(run)
    run.fail("InternalServerError: out of disk")
    finish(run, job)
    assert (run.job.status, run.job.failure_reason) == (
        "Failed",
        "InternalServerError: out of disk",
    )


def test_five_training_jobs_without_an_objective_end_it() -> None:
    run, _ = make_run(jobs=9, parallel=1)
    for _ in range(5):
        finish(run, launch(run), None)
    assert run.job.status == "Failed"
    assert run.job.failure_reason is not None
    assert run.job.failure_reason.startswith("No objective metrics found")
