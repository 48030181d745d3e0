"""Training jobs: collected from SageMaker page by page, and written as training_jobs.csv."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_sagemaker import training_job
from tests.support.report.fake_services import ReportSageMaker
from tests.support.report.synthetic_results import make_results
from tests.support.report.synthetic_results import training_job as make_training_job
from tunedrop.report.results import TrainingJob
from tunedrop.report.training_jobs import collect
from tunedrop.report.training_jobs_csv import cell, training_jobs_csv

TUNING_JOB = "td-0a1b2c3d-0123456789-0"
ARN = f"arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/{TUNING_JOB}"
LIST = "ListTrainingJobsForHyperParameterTuningJob"
AT = datetime(2026, 11, 23, 13, 0, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def sagemaker() -> ReportSageMaker:
    service = ReportSageMaker()
    service.add(TUNING_JOB)
    return service


def collected(
    sagemaker: ReportSageMaker, *jobs: dict[str, Any], arn: str | None = ARN, **more: Any
) -> tuple[TrainingJob, ...]:
    sagemaker.trained[TUNING_JOB] = list(jobs)
    return collect(sagemaker, tuning_job=TUNING_JOB, arn=arn, estimator="boosting", **more)


def calls(sagemaker: ReportSageMaker) -> dict[str, int]:
    return {name: len(sagemaker.calls_of(name)) for name, _ in sagemaker.calls}


def many(amount: int) -> list[dict[str, Any]]:
    return [training_job(f"j{i:03d}", i / 1000, minute=i, C=str(i)) for i in range(amount)]


@pytest.mark.parametrize(("amount", "pages"), [(0, 1), (250, 3)])
def test_each_hundred_take_one_call_of_each_and_are_in_the_order_of_their_creation(
    sagemaker: ReportSageMaker, amount: int, pages: int
) -> None:
    jobs = collected(sagemaker, *reversed(many(amount)))
    assert [job.name for job in jobs] == [f"j{i:03d}" for i in range(amount)]
    assert calls(sagemaker) == {"Search": pages, LIST: pages}


def test_one_that_search_does_not_know_yet_lacks_what_only_search_knows(
    sagemaker: ReportSageMaker,
) -> None:
    sagemaker.seconds = {f"j{i:03d}": (61, 25) for i in range(3)}
    sagemaker.unknown.add("j001")
    jobs = collected(sagemaker, *many(3))
    assert [(job.name, job.objective, job.hyperparameters) for job in jobs] == [
        (f"j{i:03d}", i / 1000, {"C": str(i)}) for i in range(3)
    ]
    assert [job.billable_seconds for job in jobs] == [25, None, 25]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_failed_training_job_has_no_objective_whatever_it_printed(
    sagemaker: ReportSageMaker, value: float | None
) -> None:
    failed = training_job("b", value, status="Failed", reason="it broke")
    sagemaker.metrics["b"] = {"validation:balanced_accuracy": 0.99}
    jobs = collected(sagemaker, training_job("a", 0.5), failed)
    assert [(job.objective, job.failure_reason) for job in jobs] == [(0.5, ""), (None, "it broke")]


def test_without_an_arn_search_is_not_asked(sagemaker: ReportSageMaker) -> None:
    times = {"TrainingStartTime": AT, "TrainingEndTime": AT + timedelta(seconds=70)}
    (job,) = collected(sagemaker, training_job("a", 0.5) | times, arn=None)
    assert (job.training_seconds, job.billable_seconds) == (70, None)
    assert calls(sagemaker) == {LIST: 1}


def test_a_training_job_is_read_completely(sagemaker: ReportSageMaker) -> None:
    summary = training_job("a", 0.6545940041542053, C="0.1", kernel="rbf") | {
        "TrainingStartTime": AT,
        "TrainingEndTime": AT + timedelta(seconds=70),
    }
    sagemaker.seconds = {"a": (61, 25)}
    sagemaker.metrics["a"] = {"fit_seconds": 1.5, "score_seconds": float("nan"), "other": 1.0}
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
        fit_seconds=1.5,
    )


@pytest.mark.parametrize(
    ("status", "folds", "hyperband_folds", "shown"),
    [
        ("Stopped", 8.0, 8, "Completed"),
        ("Stopped", 7.0, 8, "Stopped"),
        ("Stopped", None, 8, "Stopped"),
        ("Stopped", 5.0, None, "Stopped"),
        ("Failed", 8.0, 8, "Failed"),
    ],
)
def test_a_training_job_that_hyperband_stopped_after_its_last_fold_has_completed(
    sagemaker: ReportSageMaker,
    status: str,
    folds: float | None,
    hyperband_folds: int | None,
    shown: str,
) -> None:
    if folds is not None:
        sagemaker.metrics["a"] = {"folds_done": folds}
    summary = training_job("a", 0.5, status=status)
    (job,) = collected(sagemaker, summary, hyperband_folds=hyperband_folds)
    assert job.status == shown


class TestCsv:
    def test_no_name_is_a_formula(self) -> None:
        evil = "=cmd|' /C calc'!A0"
        job = make_training_job(hyperparameters={evil: evil}, failure_reason=evil, name=evil)
        for row in csv.reader(io.StringIO(training_jobs_csv(make_results((job,))))):
            assert not [value for value in row if value.startswith("=")]

    @pytest.mark.parametrize("text", ["a;=cmd", "a\t@x", 'a;"=cmd"', "a\n+1", "a; -2", "a;\uff1dx"])
    def test_nothing_in_the_middle_becomes_a_formula_where_cells_end_otherwise(
        self, text: str
    ) -> None:
        for part in re.split(r"[;\t\n]", cell(text)):
            assert not re.match(r"\s*\"?[=+\-@\uff1d]", part)

    @pytest.mark.parametrize(
        "text", ["a;5", "x; y", "(10, 5)", "a-b;c-d", "-1", "-0.5", "+3", "-1e-05", "1e10"]
    )
    def test_numbers_and_other_text_stay_as_they_are(self, text: str) -> None:
        assert cell(text) == text

    @given(st.text(max_size=40))
    def test_no_text_starts_a_formula(self, text: str) -> None:
        written = cell(text)
        assert not re.match(r"[=@\t\r\n]", written)
        if written[:1] in ("+", "-"):
            float(written)
