"""Training jobs by unmodified boto3: channels, times and statuses, metrics, limits, logs.

What a job finds and how it ends is test_container_contract.py's.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.sagemaker.machine import Machine, until
from tests.support.sagemaker.requests import BUCKET, METRICS, channel


def channel_files(aws: Machine, name: str, *channels: dict[str, Any]) -> dict[str, str]:
    files = aws.inspect(name, InputDataConfig=list(channels))["files"]
    prefix = "input/data/"
    return {
        path.removeprefix(prefix): text for path, text in files.items() if path.startswith(prefix)
    }


def test_an_s3_prefix_is_a_mere_prefix(aws: Machine) -> None:
    for key in ("iris/a.csv", "iris/deep/b.csv", "iris2/c.csv", "other/d.csv"):
        aws.put(f"prefix/{key}", key)
    aws.s3.put_object(Bucket=BUCKET, Key="prefix/iris/", Body=b"")
    loose = channel_files(aws, "prefix-loose", channel("c", f"s3://{BUCKET}/prefix/iris"))
    assert loose == {
        "c/a.csv": "iris/a.csv",
        "c/deep/b.csv": "iris/deep/b.csv",
        "c/iris2/c.csv": "iris2/c.csv",
    }
    exact = channel_files(aws, "prefix-exact", channel("c", f"s3://{BUCKET}/prefix/iris/"))
    assert exact == {"c/a.csv": "iris/a.csv", "c/deep/b.csv": "iris/deep/b.csv"}
    single = channel_files(
        aws, "prefix-single", channel("c", f"s3://{BUCKET}/prefix/iris/deep/b.csv")
    )
    assert single == {"c/b.csv": "iris/deep/b.csv"}


@pytest.mark.parametrize("uri", [f"s3://{BUCKET}/nothing/here", "s3://no-such-bucket/x"])
def test_an_empty_channel_fails_the_training_job(aws: Machine, uri: str) -> None:
    described = aws.train(f"empty-{len(uri)}", change={"InputDataConfig": [channel("c", uri)]})
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("ClientError: Data download failed:")


def test_a_training_job_tells_its_times_statuses_and_metrics(aws: Machine) -> None:
    described = aws.train("told")
    transitions = described["SecondaryStatusTransitions"]
    assert [item["Status"] for item in transitions] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert all(item["StatusMessage"] for item in transitions)
    assert described["TrainingStartTime"] <= described["TrainingEndTime"]
    assert described["BillableTimeInSeconds"] == described["TrainingTimeInSeconds"] >= 1
    assert {item["MetricName"] for item in described["FinalMetricDataList"]} == {
        metric["Name"] for metric in METRICS
    }
    assert described["ModelArtifacts"]["S3ModelArtifacts"] == (
        f"s3://{BUCKET}/training/told/output/model.tar.gz"
    )
    assert aws.archive("training/told/output/model.tar.gz") == {"model.txt": "a model"}


def test_a_training_job_ends_at_its_runtime_limit(aws: Machine) -> None:
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 2}}
    described = aws.train("too-long", behaviour="wait", change=limit)
    assert described["TrainingJobStatus"] == "Stopped"
    assert described["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert described["TrainingTimeInSeconds"] >= 2
    assert aws.archive("training/too-long/output/model.tar.gz")


def test_output_reaches_cloudwatch_logs_and_metrics_reach_no_namespace(aws: Machine) -> None:
    aws.train("logged", behaviour="twice")
    logs = aws.client("logs")

    def lines() -> list[str]:
        try:
            streams = logs.describe_log_streams(
                logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="logged/algo-1-"
            )["logStreams"]
        except ClientError:
            return []
        return [
            event["message"]
            for stream in streams
            for event in logs.get_log_events(
                logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"]
            )["events"]
        ]

    until(lambda: [line[:11] for line in lines()] == ["epoch done "] * 2)
    metrics = aws.client("cloudwatch").list_metrics(Namespace="/aws/sagemaker/TrainingJobs")
    assert metrics["Metrics"] == []


def test_an_output_bucket_that_does_not_exist_fails_the_training_job(aws: Machine) -> None:
    output = {"OutputDataConfig": {"S3OutputPath": "s3://missing-bucket/x"}}
    described = aws.train("nowhere", change=output)
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("ClientError: Artifact upload failed:")
