"""Checkpoints in S3, and what goes on from them: another job, a broken machine, a spot job.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html,
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RetryStrategy.html,
https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.sagemaker.machine import BUCKET, Machine, continuous, training_request, until

# A seed whose first throw is below a half, and whose second is not.
ONCE = 1
SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 100, "MaxWaitTimeInSeconds": 200},
}


def checkpointed(prefix: str, **more: Any) -> dict[str, Any]:
    return {"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/{prefix}"}, **more}


def stored(aws: Machine, key: str) -> str:
    try:
        body: bytes = aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except ClientError:
        return ""
    return body.decode()


def began(aws: Machine, name: str) -> int:
    return int(aws.archive(f"training/{name}/output/output.tar.gz")["began.txt"])


def secondary(described: dict[str, Any]) -> list[str]:
    return [item["Status"] for item in described["SecondaryStatusTransitions"]]


def test_checkpoints_reach_s3_while_the_job_runs_and_another_job_goes_on_from_them(
    aws: Machine,
) -> None:
    request = training_request(
        "first-half", behaviour="count", epochs="50", seconds="0.2", change=checkpointed("ck/a/")
    )
    aws.sagemaker.create_training_job(**request)
    reached = int(until(lambda: stored(aws, "ck/a/deep/epoch.txt")))
    assert aws.wait_for_training_job("first-half", "Training")
    aws.sagemaker.stop_training_job(TrainingJobName="first-half")
    aws.wait_for_training_job("first-half")
    last = int(stored(aws, "ck/a/deep/epoch.txt"))
    assert last >= reached
    described = aws.train("second-half", "count", checkpointed("ck/a"), epochs=str(last + 1))
    assert described["TrainingJobStatus"] == "Completed"
    assert began(aws, "second-half") == last
    assert stored(aws, "ck/a/deep/epoch.txt") == str(last + 1)


def test_a_failed_training_job_keeps_its_last_checkpoint(aws: Machine) -> None:
    aws.train("failing-count", "count", checkpointed("ck/f"), epochs="not-a-number")
    described = aws.train("count-then-fail", "count_then_fail", checkpointed("ck/f"), epochs="2")
    assert described["TrainingJobStatus"] == "Failed"
    assert stored(aws, "ck/f/deep/epoch.txt") == "2"


def test_each_training_job_of_a_tuning_job_has_checkpoints_of_its_own(aws: Machine) -> None:
    aws.tune(
        "own-checkpoints",
        jobs=2,
        parallel=1,
        ranges=continuous(),
        static={"behaviour": "count", "epochs": "3"},
        change=checkpointed("ck/tuned"),
    )
    names = [job["TrainingJobName"] for job in aws.training_jobs("own-checkpoints")]
    assert [stored(aws, f"ck/tuned/{name}/deep/epoch.txt") for name in names] == ["3", "3"]
    assert [began(aws, name) for name in names] == [0, 0]


def test_a_training_job_whose_machine_breaks_goes_on_from_its_checkpoint(aws: Machine) -> None:
    retried = checkpointed("ck/b", RetryStrategy={"MaximumRetryAttempts": 1})
    with aws.conditions(broken_instances=1):
        described = aws.train("broken-twice", "count", retried, epochs="3", seconds="0.05")
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("InternalServerError: ")
    assert secondary(described) == ["Starting", "Downloading", "Training"] * 2 + ["Failed"]
    aws.s3.delete_object(Bucket=BUCKET, Key="ck/b/deep/epoch.txt")

    with aws.conditions(broken_instances=0.5, seed=ONCE):
        described = aws.train("broken-once", "count", retried, epochs="3", seconds="0.05")
    assert described["TrainingJobStatus"] == "Completed"
    assert began(aws, "broken-once") in (1, 2)  # of three epochs, as far as it had come
    assert described["ModelArtifacts"]["S3ModelArtifacts"]


def test_a_tuning_job_counts_what_a_service_error_failed_as_retryable(aws: Machine) -> None:
    with aws.conditions(broken_instances=1):
        described = aws.tune("all-broken", jobs=2)
    assert described["TrainingJobStatusCounters"]["RetryableError"] == 2
    assert described["TrainingJobStatusCounters"]["NonRetryableError"] == 0


def test_an_interrupted_spot_job_goes_on_from_its_checkpoint(aws: Machine) -> None:
    with aws.conditions(interrupted_instances=0.5, seed=ONCE):
        described = aws.train(
            "interrupted", "count", checkpointed("ck/s", **SPOT), epochs="3", seconds="0.05"
        )
    assert described["TrainingJobStatus"] == "Completed"
    once = ["Starting", "Downloading", "Training"]
    assert secondary(described) == [*once, "Interrupted", *once, "Uploading", "Completed"]
    assert began(aws, "interrupted") in (1, 2)
    # a known difference (docs/fidelity.md): on AWS spot bills fewer
    assert described["BillableTimeInSeconds"] == described["TrainingTimeInSeconds"]


def test_a_spot_job_waits_for_capacity_no_longer_than_it_may(aws: Machine) -> None:
    impatient = {
        **SPOT,
        "StoppingCondition": {"MaxRuntimeInSeconds": 1, "MaxWaitTimeInSeconds": 1},
    }
    with aws.conditions(interrupted_instances=1):
        described = aws.train("impatient", "count", impatient, epochs="9", seconds="0.3")
    assert described["TrainingJobStatus"] == "Stopped"
    assert described["SecondaryStatus"] == "MaxWaitTimeExceeded"


def test_no_interruption_reaches_an_on_demand_job(aws: Machine) -> None:
    with aws.conditions(interrupted_instances=1):
        assert aws.train("on-demand", "count")["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    "path", ["/checkpoints", "/opt/ml", "/opt/ml/model/x", "/opt/ml/ck/../input", "relative"]
)
def test_a_checkpoint_folder_that_is_none_of_the_jobs_own_is_refused(
    aws: Machine, path: str
) -> None:
    config = {"S3Uri": f"s3://{BUCKET}/ck", "LocalPath": path}
    request = training_request("odd-path", change={"CheckpointConfig": config})
    with pytest.raises(ClientError, match=r"ValidationException.*LocalPath"):
        aws.sagemaker.create_training_job(**request)
