"""Training jobs that answer at once, on request: they repeat the first of their sort."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sagemaker.machine import Machine

EPOCHS = {"epochs": "3", "seconds": "0.5"}


def objectives(aws: Machine, tuning_job: str) -> list[float]:
    return [
        job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for job in aws.training_jobs(tuning_job)
    ]


@pytest.mark.parametrize("objective", ["Maximize", "Minimize"])
def test_a_tuning_jobs_training_jobs_answer_at_once_with_values_of_their_own(
    aws: Machine, objective: str
) -> None:
    with aws.conditions(instant_jobs=True):
        names = [f"instant-{objective.lower()}-{number}" for number in range(2)]
        for name in names:
            static = {**EPOCHS, objective.lower(): "1"}
            described = aws.tune(name, jobs=20, parallel=1, objective=objective, static=static)
            assert described["TrainingJobStatusCounters"]["Completed"] == 20
            # The first takes 1.5 s; all of them would take 30.
            duration = described["HyperParameterTuningEndTime"] - described["CreationTime"]
            assert duration.total_seconds() < 15
    values = objectives(aws, names[1])
    assert len(set(values)) == 20
    first = objectives(aws, names[0])[0]
    low, high = (0.8, 1) if objective == "Maximize" else (1, 1.2)
    assert all(low * first - 1e-6 <= value <= high * first + 1e-6 for value in values)


def test_the_seed_and_the_hyperparameters_decide_the_values(aws: Machine) -> None:
    def tune(name: str, seed: int) -> list[float]:
        with aws.conditions(instant_jobs=True, seed=seed):
            aws.tune(name, jobs=4, parallel=1)
        return objectives(aws, name)

    tune("seeded", 1)
    assert tune("seeded-again", 1) == tune("seeded-once-more", 1)
    assert tune("seeded-otherwise", 2) != tune("seeded-thrice", 1)


def test_each_leaves_the_artifacts_of_the_first_under_its_own_name(aws: Machine) -> None:
    with aws.conditions(instant_jobs=True):
        described = [aws.train(f"left-{number}", "inspect") for number in range(2)]
    for number, job in enumerate(described):
        assert job["TrainingJobStatus"] == "Completed"
        path = f"training/left-{number}/output"
        assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://tuning/{path}/model.tar.gz"
        assert (
            '"TRAINING_JOB_NAME": "left-0"'
            in aws.archive(f"{path}/output.tar.gz")["inspected.json"]
        )
    transitions = [item["Status"] for item in described[1]["SecondaryStatusTransitions"]]
    assert transitions == ["Starting", "Downloading", "Training", "Uploading", "Completed"]


def test_a_sort_whose_first_job_failed_is_tried_again(aws: Machine) -> None:
    def train(name: str, behaviour: str) -> Any:
        return aws.train(name, behaviour, sort="failing")["TrainingJobStatus"]

    with aws.conditions(instant_jobs=True):
        assert train("failing-1", "fail") == "Failed"
        assert train("failing-2", "score") == "Completed"
        # Of the same sort: what it says itself is not looked at.
        assert train("failing-3", "fail") == "Completed"


def test_early_stopping_stops_them_too(aws: Machine) -> None:
    with aws.conditions(instant_jobs=True):
        described = aws.tune(
            "instant-median",
            jobs=20,
            parallel=1,
            static={**EPOCHS, "median": "1"},
            config={"TrainingJobEarlyStoppingType": "Auto"},
        )
    assert described["TrainingJobStatusCounters"]["Stopped"] > 0
