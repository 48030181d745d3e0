"""Times answers of the local SageMaker while it is busy with many training jobs.

`answer_times.py WORKSPACE TRAINING_JOBS TUNING_JOBS ANSWERS`: one tuning job of TRAINING_JOBS goes
on to its last tenth, then TUNING_JOBS more are created. While all of them run, each question is
asked ANSWERS times over HTTP with boto3, one after the other.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.jobs import plan_of
from local_aws import daemon
from local_aws.clients import Clients
from local_aws.workspace import Workspace

BUCKET, METRIC, MANY = "answer-times", "validation:balanced_accuracy", "many"
COLUMNS, ROWS, PAGE = 4, 80, 100


def main() -> None:
    """Start the server, keep it busy, ask, and print milliseconds."""
    root = Path(sys.argv[1])
    training_jobs, tuning_jobs, answers = map(int, sys.argv[2:5])
    workspace = Workspace(root)
    workspace.make()
    server = daemon.start(workspace, port=0, owned=True)
    try:
        clients = Clients(server.port)
        _upload(clients, root)
        _tune(clients, MANY, training_jobs, parallel=10)
        while _counters(clients, MANY)["Completed"] < 0.9 * training_jobs:
            time.sleep(0.5)
        for number in range(tuning_jobs):
            _tune(clients, f"one-of-many-{number}", jobs=10, parallel=2)
        asked = {name: _milliseconds(ask, answers) for name, ask in _questions(clients).items()}
        _check_that_all_run(clients, tuning_jobs)
    finally:
        daemon.stop(workspace, server)
    print(json.dumps({"seconds": sum(map(sum, asked.values())) / 1000, "milliseconds": asked}))


def _questions(clients: Clients) -> dict[str, Callable[[], Any]]:
    sagemaker = clients.sagemaker
    tuning_job = {"HyperParameterTuningJobName": MANY}
    arn = sagemaker.describe_hyper_parameter_tuning_job(**tuning_job)["HyperParameterTuningJobArn"]
    by_arn = {"Filters": [{"Name": "TuningJobArn", "Value": arn}]}
    training_job = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        **tuning_job, StatusEquals="Completed", MaxResults=1
    )["TrainingJobSummaries"][0]["TrainingJobName"]
    return {
        "DescribeHyperParameterTuningJob": partial(
            sagemaker.describe_hyper_parameter_tuning_job, **tuning_job
        ),
        "DescribeTrainingJob": partial(
            sagemaker.describe_training_job, TrainingJobName=training_job
        ),
        "Search, a page of 100": partial(
            sagemaker.search,
            Resource="TrainingJob",
            SearchExpression=by_arn,
            MaxResults=PAGE,
        ),
        "ListTrainingJobsForHyperParameterTuningJob, 100": partial(
            sagemaker.list_training_jobs_for_hyper_parameter_tuning_job,
            **tuning_job,
            SortBy="FinalObjectiveMetricValue",
            SortOrder="Descending",
            MaxResults=PAGE,
        ),
        "ListHyperParameterTuningJobs, 51": partial(
            sagemaker.list_hyper_parameter_tuning_jobs, MaxResults=PAGE
        ),
    }


def _milliseconds(ask: Callable[[], Any], times: int) -> list[float]:
    ask()  # opens the connection
    found = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        found.append((time.perf_counter() - started) * 1000)
    return found


def _upload(clients: Clients, root: Path) -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(ROWS, COLUMNS))
    table = np.column_stack([X, X[:, 0] > 0])
    names = [f"x{number}" for number in range(COLUMNS)]
    data = root / "train.csv"
    np.savetxt(
        data, table, ["%.4f"] * COLUMNS + ["%d"], ",", header=",".join([*names, "y"]), comments=""
    )
    columns = [(name, "numeric") for name in (*names, "y")]
    plan = plan_of(columns, data, "sklearn.tree.DecisionTreeClassifier", 2, "balanced_accuracy")
    clients.s3.create_bucket(Bucket=BUCKET)
    clients.s3.put_object(Bucket=BUCKET, Key="plan/plan.json", Body=json.dumps(plan))
    clients.s3.upload_file(str(data), BUCKET, "train/train.csv")


def _tune(clients: Clients, name: str, jobs: int, parallel: int) -> None:
    channels = [
        {
            "ChannelName": channel,
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{channel}/"}
            },
        }
        for channel in ("plan", "train")
    ]
    clients.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": METRIC},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": jobs,
                "MaxParallelTrainingJobs": parallel,
            },
            "ParameterRanges": {
                "IntegerParameterRanges": [
                    {"Name": "max_depth", "MinValue": "1", "MaxValue": "20"},
                    {"Name": "min_samples_leaf", "MinValue": "1", "MaxValue": "30"},
                ]
            },
        },
        TrainingJobDefinition={
            "StaticHyperParameters": {"tunedrop_job": "tune", "tunedrop_estimator": "peer"},
            "AlgorithmSpecification": {
                "TrainingImage": "000000000000.dkr.ecr.us-east-1.amazonaws.com/tunedrop:1",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": METRIC, "Regex": f"{METRIC}=([-+.0-9e]+);"}],
            },
            "RoleArn": "arn:aws:iam::000000000000:role/Training",
            "InputDataConfig": channels,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/training"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        },
    )


def _counters(clients: Clients, name: str) -> dict[str, int]:
    found = clients.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    counters: dict[str, int] = dict(found["TrainingJobStatusCounters"])
    if counters["NonRetryableError"]:
        raise SystemExit(f"Training jobs of {name} failed: {counters}")
    return counters


def _check_that_all_run(clients: Clients, tuning_jobs: int) -> None:
    running = clients.sagemaker.list_hyper_parameter_tuning_jobs(
        StatusEquals="InProgress", MaxResults=PAGE
    )["HyperParameterTuningJobSummaries"]
    if len(running) != tuning_jobs + 1:
        raise SystemExit(f"Only {len(running)} tuning jobs were running to the end.")


if __name__ == "__main__":
    main()
