"""Collecting training jobs from SageMaker, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.unit.fake_sagemaker import training_job
from tests.unit.report.fake_services import ReportSageMaker
from tunedrop.report.training_jobs import TrainingJob, collect

TUNING_JOB = "td-0a1b2c3d-0123456789-0"
ARN = f"arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/{TUNING_JOB}"


def collected(*jobs: dict[str, Any], **search: Any) -> tuple[TrainingJob, ...]:
    sagemaker = ReportSageMaker()
    sagemaker.add(TUNING_JOB)
    sagemaker.trained[TUNING_JOB] = list(jobs)
    sagemaker.seconds = search
    return collect(sagemaker, tuning_job=TUNING_JOB, tuning_job_arn=ARN, estimator="boosting")


def test_every_page_is_read_with_one_call_for_each_hundred_training_jobs() -> None:
    sagemaker = ReportSageMaker()
    sagemaker.add(TUNING_JOB)
    sagemaker.trained[TUNING_JOB] = [training_job(f"j{i:03d}", 0.5, minute=i) for i in range(250)]
    jobs = collect(sagemaker, tuning_job=TUNING_JOB, tuning_job_arn=ARN, estimator="boosting")
    assert [job.name for job in jobs] == [f"j{i:03d}" for i in range(250)]
    calls = [name for name, _ in sagemaker.calls]
    assert calls.count("ListTrainingJobsForHyperParameterTuningJob") == 3
    assert calls.count("Search") == 3
    assert len(calls) == 6


def test_without_an_arn_nobody_is_asked_for_seconds() -> None:
    sagemaker = ReportSageMaker()
    sagemaker.add(TUNING_JOB)
    sagemaker.trained[TUNING_JOB] = [training_job("a", 0.5)]
    (job,) = collect(sagemaker, tuning_job=TUNING_JOB, tuning_job_arn="", estimator="boosting")
    assert (job.name, job.billable_seconds) == ("a", None)
    assert [name for name, _ in sagemaker.calls] == ["ListTrainingJobsForHyperParameterTuningJob"]


def test_seconds_of_a_fold_come_from_the_metrics_that_it_printed() -> None:
    sagemaker = ReportSageMaker()
    sagemaker.add(TUNING_JOB)
    sagemaker.trained[TUNING_JOB] = [training_job("a", 0.5), training_job("b", 0.5)]
    sagemaker.metrics["a"] = {
        "fit_seconds": 1.5, "score_seconds": float("nan"), "fold_spread": 0.02, "other": 1.0,
    }  # fmt: skip
    jobs = collect(sagemaker, tuning_job=TUNING_JOB, tuning_job_arn=ARN, estimator="boosting")
    assert [(job.fit_seconds, job.score_seconds) for job in jobs] == [(1.5, None), (None, None)]
    assert [job.fold_spread for job in jobs] == [0.02, None]


def test_a_training_job_is_read_completely() -> None:
    at = datetime(2026, 11, 23, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    summary = training_job("a", 0.6545940041542053, C="0.1", kernel="rbf") | {
        "TrainingStartTime": at,
        "TrainingEndTime": at + timedelta(seconds=70),
    }
    (job,) = collected(summary, a=(61, 25))
    assert job == TrainingJob(
        name="a",
        tuning_job=TUNING_JOB,
        estimator="boosting",
        hyperparameters={"C": "0.1", "kernel": "rbf"},
        objective=0.6545940041542053,
        status="Completed",
        created=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        started=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        ended=datetime(2026, 11, 23, 12, 1, 10, tzinfo=UTC),
        training_seconds=61,
        billable_seconds=25,
    )


def test_what_search_does_not_know_yet_is_null() -> None:
    a, b = collected(training_job("a", 0.5), training_job("b", 0.6), b=(10, 5))
    assert (a.training_seconds, a.billable_seconds) == (None, None)
    assert (b.training_seconds, b.billable_seconds) == (10, 5)


def test_the_time_from_start_to_end_stands_in_for_missing_seconds() -> None:
    at = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    times = {"TrainingStartTime": at, "TrainingEndTime": at + timedelta(seconds=70)}
    (job,) = collected(training_job("a", 0.5) | times)
    assert (job.training_seconds, job.billable_seconds) == (70, None)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_an_objective_that_is_no_number_is_null(value: float | None) -> None:
    (job,) = collected(training_job("a", value, status="Failed", reason="it broke"))
    assert job.objective is None
    assert job.failure_reason == "it broke"


def test_training_jobs_are_in_the_order_of_their_creation() -> None:
    jobs = collected(
        training_job("b", 1.0, minute=2), training_job("c", 1.0), training_job("a", 1.0)
    )
    assert [job.name for job in jobs] == ["a", "c", "b"]
