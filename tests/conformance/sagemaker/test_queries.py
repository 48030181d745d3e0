"""Lists, pages, Search, tags and events, by unmodified boto3."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.sagemaker.machine import Machine
from tests.support.sagemaker.requests import categorical
from tunedrop.report.training_jobs import collect


@pytest.fixture(scope="module")
def tuned(aws: Machine) -> dict[str, Any]:
    """A tuning job with seven training jobs, one of them failed, and two tags."""
    return aws.tune(
        "queried",
        strategy="Grid",
        jobs=None,
        ranges=categorical(x=["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "nonsense"]),
        Tags=[{"Key": "team", "Value": "blue"}, {"Key": "Größe", "Value": "1"}],
    )


def test_tuning_jobs_are_listed_by_name_status_and_time(
    aws: Machine, tuned: dict[str, Any]
) -> None:
    def names(**filters: Any) -> list[str]:
        answer = aws.sagemaker.list_hyper_parameter_tuning_jobs(**filters)
        return [
            job["HyperParameterTuningJobName"] for job in answer["HyperParameterTuningJobSummaries"]
        ]

    assert names(NameContains="QUERIED") == ["queried"]
    assert names(NameContains="queried", StatusEquals="Completed") == ["queried"]
    assert names(NameContains="queried", StatusEquals="Failed") == []
    later = datetime.now(UTC) + timedelta(hours=1)
    assert names(NameContains="queried", CreationTimeBefore=later) == ["queried"]
    assert names(NameContains="queried", CreationTimeAfter=later) == []
    answer = aws.sagemaker.list_hyper_parameter_tuning_jobs(NameContains="queried")
    (summary,) = answer["HyperParameterTuningJobSummaries"]
    assert summary["Strategy"] == "Grid"
    assert summary["TrainingJobStatusCounters"]["NonRetryableError"] == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"SortBy": "Status", "SortOrder": "Descending"}, ["listed-b", "listed-c", "listed-a"]),
        ({}, ["listed-c", "listed-b", "listed-a"]),
        ({"StatusEquals": "Failed"}, ["listed-b"]),
        ({"NameContains": "listed-A"}, ["listed-a"]),
        ({"LastModifiedTimeBefore": datetime(2100, 1, 1, tzinfo=UTC), "SortBy": "Name"},
         ["listed-a", "listed-b", "listed-c"]),
    ],
)  # fmt: skip
def test_training_jobs_are_listed_by_every_filter_and_order(
    aws: Machine, listed: None, filters: dict[str, Any], expected: list[str]
) -> None:
    answer = aws.sagemaker.list_training_jobs(**{"NameContains": "listed-", **filters})
    assert [job["TrainingJobName"] for job in answer["TrainingJobSummaries"]] == expected


@pytest.fixture(scope="module")
def listed(aws: Machine) -> None:
    """Three training jobs of two statuses."""
    for name, behaviour in (("listed-c", "score"), ("listed-b", "fail"), ("listed-a", "score")):
        aws.train(name, behaviour)


def test_search_says_of_training_jobs_what_their_tuning_job_says(
    aws: Machine, tuned: dict[str, Any]
) -> None:
    searched = collect(
        aws.sagemaker,
        tuning_job="queried",
        arn=tuned["HyperParameterTuningJobArn"],
        estimator="any",
    )
    listed = collect(aws.sagemaker, tuning_job="queried", arn=None, estimator="any")
    assert len(searched) == 7
    assert all(job.billable_seconds is not None for job in searched)
    only_searched = {
        "training_seconds", "billable_seconds", "fit_seconds", "score_seconds", "fold_spread",
    }  # fmt: skip
    assert [job.model_dump(exclude=only_searched) for job in searched] == [
        job.model_dump(exclude=only_searched) for job in listed
    ]


def test_state_changes_are_announced_as_eventbridge_delivers_them(
    aws: Machine, tuned: dict[str, Any]
) -> None:
    first, last = aws.events_of("HyperParameterTuningJobName", "queried")
    assert first["source"] == last["source"] == "aws.sagemaker"
    assert last["detail-type"] == "SageMaker HyperParameter Tuning Job State Change"
    assert last["resources"] == [tuned["HyperParameterTuningJobArn"]]
    statuses = [event["detail"]["HyperParameterTuningJobStatus"] for event in (first, last)]
    assert statuses == ["InProgress", "Completed"]
    detail = last["detail"]
    assert detail["TrainingJobStatusCounters"] == tuned["TrainingJobStatusCounters"]
    assert detail["ObjectiveStatusCounters"] == tuned["ObjectiveStatusCounters"]
    assert detail["Tags"] == {"team": "blue", "Größe": "1"}
    assert detail["TrainingJobDefinition"]["RoleArn"]
    for name in ("CreationTime", "LastModifiedTime", "HyperParameterTuningEndTime"):
        assert isinstance(detail[name], int)
        assert abs(detail[name] / 1000 - time.time()) < 600


def test_training_jobs_announce_their_end_once(aws: Machine) -> None:
    aws.train("announced", behaviour="fail")
    events = aws.events_of("TrainingJobName", "announced")
    assert {event["detail-type"] for event in events} == {"SageMaker Training Job State Change"}
    first, last = (event["detail"] for event in events)
    assert first["TrainingJobStatus"] == "InProgress"
    assert (last["TrainingJobStatus"], last["SecondaryStatus"]) == ("Failed", "Failed")
    assert "petal" in last["FailureReason"]
