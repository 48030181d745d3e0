"""Requests that are right, for tests to vary."""

from __future__ import annotations

import copy
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/Training"
IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/tiny:1"
BUCKET = "tuning"
METRICS = [
    {"Name": "objective", "Regex": "objective=([-+.0-9e]+|nan);"},
    {"Name": "other", "Regex": "other=([-+.0-9e]+|nan);"},
]


def continuous(name: str = "x", low: str = "0", high: str = "1", **more: str) -> dict[str, Any]:
    return {
        "ContinuousParameterRanges": [{"Name": name, "MinValue": low, "MaxValue": high, **more}]
    }


def categorical(**values: list[str]) -> dict[str, Any]:
    return {
        "CategoricalParameterRanges": [
            {"Name": name, "Values": items} for name, items in values.items()
        ]
    }


def definition(**static: str) -> dict[str, Any]:
    return {
        "StaticHyperParameters": static,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": METRICS,
        },
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/training"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def tuning_request(
    name: str,
    *,
    strategy: str = "Random",
    jobs: int | None = 4,
    parallel: int = 2,
    ranges: dict[str, Any] | None = None,
    objective: str = "Maximize",
    static: dict[str, str] | None = None,
    config: dict[str, Any] | None = None,
    change: dict[str, Any] | None = None,
    **request: Any,
) -> dict[str, Any]:
    """Make a request that is right; `config` and `change` replace parts of it."""
    limits = {"MaxParallelTrainingJobs": parallel}
    if jobs is not None:
        limits["MaxNumberOfTrainingJobs"] = jobs
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": strategy,
            "HyperParameterTuningJobObjective": {"Type": objective, "MetricName": "objective"},
            "ResourceLimits": limits,
            "ParameterRanges": continuous() if ranges is None else ranges,
            "RandomSeed": 7,
            **(config or {}),
        },
        "TrainingJobDefinition": {**definition(**(static or {})), **(change or {})},
        **request,
    }


def training_request(
    name: str, behaviour: str = "score", change: dict[str, Any] | None = None, **static: str
) -> dict[str, Any]:
    content = copy.deepcopy(definition())
    del content["StaticHyperParameters"]
    return {
        "TrainingJobName": name,
        "HyperParameters": {"behaviour": behaviour, **static},
        **content,
        **(change or {}),
    }


def channel(name: str, uri: str, kind: str = "S3Prefix", **more: str) -> dict[str, Any]:
    source = {"S3DataType": kind, "S3Uri": uri}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **more}


def warm_start(kind: str, *parents: str) -> dict[str, Any]:
    return {
        "WarmStartType": kind,
        "ParentHyperParameterTuningJobs": [
            {"HyperParameterTuningJobName": parent} for parent in parents
        ],
    }
