"""Collecting training jobs from SageMaker, page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.fake_sagemaker import over, training_job
from tests.support.report.fake_services import ReportSageMaker
from tunedrop.report.results import TrainingJob
from tunedrop.report.training_jobs import collect

TUNING_JOB = "td-0a1b2c3d-0123456789-0"
ARN = f"arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/{TUNING_JOB}"
LIST = "ListTrainingJobsForHyperParameterTuningJob"
AT = datetime(2026, 11, 23, 13, 0, tzinfo=timezone(timedelta(hours=1)))


def described(jobs: list[dict[str, Any]], *names: str) -> dict[str, Any]:
    """Make what DescribeHyperParameterTuningJob says after the end."""
    return {
        "HyperParameterTuningJobArn": ARN,
        "HyperParameterTuningJobConfig": {
            "HyperParameterTuningJobObjective": {
                "Type": "Maximize",
                "MetricName": "validation:balanced_accuracy",
            },
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": name} for name in names or ("C",)],
                "CategoricalParameterRanges": [{"Name": "kernel"}],
            },
        },
        **over(jobs),
    }


@pytest.fixture
def sagemaker() -> ReportSageMaker:
    made = ReportSageMaker()
    made.add(TUNING_JOB)
    return made


def collected(
    sagemaker: ReportSageMaker, *jobs: dict[str, Any], says: dict[str, Any] | None = None
) -> tuple[TrainingJob, ...]:
    sagemaker.trained[TUNING_JOB] = list(jobs)
    says = described(list(jobs)) if says is None else says
    return collect(sagemaker, tuning_job=TUNING_JOB, described=says, estimator="boosting")


def calls(sagemaker: ReportSageMaker) -> dict[str, int]:
    return {name: len(sagemaker.calls_of(name)) for name, _ in sagemaker.calls}


def many(amount: int) -> list[dict[str, Any]]:
    return [training_job(f"j{i:03d}", i / 1000, minute=i, C=str(i)) for i in range(amount)]


@pytest.mark.parametrize(("amount", "pages"), [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3)])
def test_each_hundred_training_jobs_take_one_call(
    sagemaker: ReportSageMaker, amount: int, pages: int
) -> None:
    jobs = collected(sagemaker, *many(amount))
    assert [job.name for job in jobs] == [f"j{i:03d}" for i in range(amount)]
    assert calls(sagemaker) == {"Search": pages}


def test_search_and_the_list_give_the_same_training_jobs(sagemaker: ReportSageMaker) -> None:
    jobs = [
        training_job("a", 0.6545940041542053, C="0.1", kernel="rbf"),
        training_job("b", 0.5, status="Stopped", minute=1, C="0.2", kernel="rbf"),
        training_job("c", None, status="Failed", reason="it broke", minute=2, C="3", kernel="poly"),
    ]
    jobs = [job | {"TrainingStartTime": AT, "TrainingEndTime": AT} for job in jobs]
    found = collected(sagemaker, *jobs)
    assert calls(sagemaker) == {"Search": 1}
    listed = collected(sagemaker, *jobs, says={"HyperParameterTuningJobArn": ARN})
    assert calls(sagemaker) == {"Search": 2, LIST: 1}
    assert found == listed


def counters(says: dict[str, Any], name: str, **changed: int) -> None:
    says[name] = says[name] | changed


DISAGREEMENTS: dict[str, Callable[[ReportSageMaker, dict[str, Any]], None]] = {
    "a training job that Search does not know": lambda s, _: s.unknown.add("j001"),
    "the best one that Search does not know": lambda s, _: s.unknown.add("j002"),
    "a training job that still runs": lambda _, says: counters(
        says, "TrainingJobStatusCounters", InProgress=1
    ),
    "another status": lambda _, says: counters(
        says, "TrainingJobStatusCounters", Completed=2, Stopped=1
    ),
    "one objective less": lambda _, says: counters(says, "ObjectiveStatusCounters", Succeeded=2),
    "another value of the best": lambda _, says: says.update(
        BestTrainingJob=training_job("j002", 0.5, C="2")
    ),
    "other hyperparameters of the best": lambda _, says: says.update(
        BestTrainingJob=training_job("j002", 0.002, C="2.0")
    ),
    "no counters": lambda _, says: says.pop("TrainingJobStatusCounters"),
    "no counters of objectives": lambda _, says: says.pop("ObjectiveStatusCounters"),
    "no ranges": lambda _, says: says["HyperParameterTuningJobConfig"].pop("ParameterRanges"),
}


@pytest.mark.parametrize("name", DISAGREEMENTS)
def test_the_list_decides_where_search_and_the_tuning_job_disagree(
    sagemaker: ReportSageMaker, name: str
) -> None:
    sagemaker.seconds = {f"j{i:03d}": (61, 25) for i in range(3)}
    says = described(many(3))
    DISAGREEMENTS[name](sagemaker, says)
    jobs = collected(sagemaker, *many(3), says=says)
    assert calls(sagemaker) == {"Search": 1, LIST: 1}
    assert [(job.name, job.objective, job.hyperparameters) for job in jobs] == [
        (f"j{i:03d}", i / 1000, {"C": str(i)}) for i in range(3)
    ]
    assert [job.billable_seconds for job in jobs] == [
        None if job.name in sagemaker.unknown else 25 for job in jobs
    ]


def test_what_a_failed_training_job_printed_is_no_objective(sagemaker: ReportSageMaker) -> None:
    failed = training_job("b", None, status="Failed", reason="it broke")
    sagemaker.metrics["b"] = {"validation:balanced_accuracy": 0.99}
    jobs = collected(sagemaker, training_job("a", 0.5), failed)
    assert [(job.name, job.objective) for job in jobs] == [("a", 0.5), ("b", None)]
    assert calls(sagemaker) == {"Search": 1}


def test_without_a_description_there_are_no_seconds(sagemaker: ReportSageMaker) -> None:
    sagemaker.trained[TUNING_JOB] = [training_job("a", 0.5)]
    (job,) = collect(sagemaker, tuning_job=TUNING_JOB, described=None, estimator="boosting")
    assert (job.name, job.billable_seconds) == ("a", None)
    assert calls(sagemaker) == {LIST: 1}


def test_seconds_of_a_fold_come_from_the_metrics_that_it_printed(
    sagemaker: ReportSageMaker,
) -> None:
    sagemaker.metrics["a"] = {
        "fit_seconds": 1.5, "score_seconds": float("nan"), "fold_spread": 0.02, "other": 1.0,
    }  # fmt: skip
    jobs = collected(sagemaker, training_job("a", 0.5), training_job("b", 0.5))
    assert [(job.fit_seconds, job.score_seconds) for job in jobs] == [(1.5, None), (None, None)]
    assert [job.fold_spread for job in jobs] == [0.02, None]


def test_a_training_job_is_read_completely(sagemaker: ReportSageMaker) -> None:
    summary = training_job("a", 0.6545940041542053, C="0.1", kernel="rbf") | {
        "TrainingStartTime": AT,
        "TrainingEndTime": AT + timedelta(seconds=70),
    }
    sagemaker.seconds = {"a": (61, 25)}
    (job,) = collected(sagemaker, summary)
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


def test_the_time_from_start_to_end_stands_in_for_missing_seconds(
    sagemaker: ReportSageMaker,
) -> None:
    times = {"TrainingStartTime": AT, "TrainingEndTime": AT + timedelta(seconds=70)}
    (job,) = collected(sagemaker, training_job("a", 0.5) | times)
    assert (job.training_seconds, job.billable_seconds) == (70, None)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_an_objective_that_is_no_number_is_null(
    sagemaker: ReportSageMaker, value: float | None
) -> None:
    (job,) = collected(sagemaker, training_job("a", value, status="Failed", reason="it broke"))
    assert job.objective is None
    assert job.failure_reason == "it broke"


def test_training_jobs_are_in_the_order_of_their_creation(sagemaker: ReportSageMaker) -> None:
    jobs = collected(
        sagemaker,
        training_job("b", 1.0, minute=2),
        training_job("c", 1.0),
        training_job("a", 1.0),
    )
    assert [job.name for job in jobs] == ["a", "c", "b"]
