"""Training jobs that answer at once, on request: they repeat the first of their sort."""

from __future__ import annotations

from tests.support.sagemaker.machine import Machine

EPOCHS = {"epochs": "3", "seconds": "0.5"}


def objectives(aws: Machine, tuning_job: str) -> list[float]:
    return [
        job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for job in aws.training_jobs(tuning_job)
    ]


def test_a_tuning_jobs_training_jobs_answer_at_once_with_values_of_their_own(
    aws: Machine,
) -> None:
    with aws.conditions(instant_jobs=True):
        for name in ("instant-0", "instant-1"):
            described = aws.tune(name, jobs=20, parallel=1, static=EPOCHS)
            assert described["TrainingJobStatusCounters"]["Completed"] == 20
            # The first takes 1.5 s; all of them would take 30.
            duration = described["HyperParameterTuningEndTime"] - described["CreationTime"]
            assert duration.total_seconds() < 15
    values = objectives(aws, "instant-1")
    assert len(set(values)) == 20
    first = objectives(aws, "instant-0")[0]
    low, high = sorted((0.8 * first, first))
    assert all(low - 1e-6 <= value <= high + 1e-6 for value in values)


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
