"""CreateTrainingJob: what is accepted, and what is refused."""

from __future__ import annotations

from typing import Any

from tests.support.sagemaker.documented.rows import (
    GONE,
    INVALID,
    OURS,
    PATTERN,
    QUOTAS,
    SPOT,
    TAGS,
    Row,
    at_most,
    broken,
    changed,
    enum,
    reference,
)
from tests.support.sagemaker.requests import channel, training_request

OPERATION = "CreateTrainingJob"
NAME = "TrainingJobName"


def _good(source: str, *all_changes: dict[str, Any]) -> list[Row]:
    return [Row(OPERATION, changes, source) for changes in all_changes]


def _named(rows: list[Row]) -> list[Row]:
    return [
        Row(OPERATION, changed(training_request(f"plain-{number}"), row.request), row.source)
        for number, row in enumerate(rows)
    ]


def _bad(source: str, *rows: tuple[dict[str, Any], str], code: str = INVALID) -> list[Row]:
    return [
        Row(OPERATION, changed(training_request("bad"), changes), source, code, message)
        for changes, message in rows
    ]


GOOD = _named([
    *_good(reference(OPERATION),
        {},
        {NAME: "b" * 63},
        {"StoppingCondition": GONE},
        {"HyperParameters": GONE},
        {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True,
         "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}},
        {"Environment": {"A": "1"}, "RetryStrategy": {"MaximumRetryAttempts": 2}},
        {"DebugHookConfig": {"S3OutputPath": "s3://tuning/debug"},
         "TensorBoardOutputConfig": {"S3OutputPath": "s3://tuning/boards"},
         "ProfilerConfig": {"DisableProfiler": True},
         "ExperimentConfig": {"ExperimentName": "e", "TrialName": "t"},
         "RemoteDebugConfig": {"EnableRemoteDebug": False},
         "InfraCheckConfig": {"EnableInfraCheck": True}},
    ),
    *_good(reference("ResourceConfig"), {"ResourceConfig.KeepAlivePeriodInSeconds": 21600}),
    *_good(reference("OutputDataConfig"), {"OutputDataConfig.CompressionType": "GZIP"}),
    *_good(SPOT, {"EnableManagedSpotTraining": True, "StoppingCondition": {
        "MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 10}}),
    *_good(TAGS, {"Tags": [{"Key": "awsome", "Value": ""}]}),
])  # fmt: skip

BAD = [
    *_bad(reference(OPERATION),
        ({NAME: "a" * 64}, at_most("trainingJobName", 63)),
        ({NAME: GONE}, "Value null at 'trainingJobName'"),
        ({NAME: "under_score"}, broken("trainingJobName", PATTERN)),
        ({"RoleArn": GONE}, "Value null at 'roleArn'"),
        ({"OutputDataConfig": GONE}, "Value null at 'outputDataConfig'"),
        ({"AlgorithmSpecification": GONE}, "AlgorithmSpecification"),
        ({"ResourceConfig": GONE}, "ResourceConfig is required"),
        ({"HyperParameters": {f"h{n}": "" for n in range(101)}}, at_most("hyperParameters", 100)),
        ({"HyperParameters": {"h": "x" * 2501}}, "less than or equal to 2500"),
        ({"Environment": {f"V{n}": "" for n in range(101)}}, at_most("environment", 100)),
    ),
    *_bad(reference("AlgorithmSpecification"),
        ({"AlgorithmSpecification.AlgorithmName": "xgboost"}, "but not both"),
        ({"AlgorithmSpecification.TrainingInputMode": GONE}, "trainingInputMode'"),
        ({"AlgorithmSpecification.TrainingInputMode": "Disk"},
         enum("algorithmSpecification.trainingInputMode", "Pipe", "File", "FastFile")),
        ({"AlgorithmSpecification.MetricDefinitions": [
            {"Name": f"m{n}", "Regex": "(x)"} for n in range(41)]},
         at_most("algorithmSpecification.metricDefinitions", 40)),
        ({"AlgorithmSpecification.ContainerEntrypoint": []},
         "Member must have length greater than or equal to 1"),
    ),
    *_bad(reference("ResourceConfig"),
        ({"ResourceConfig.InstanceCount": GONE}, "InstanceCount is required"),
        ({"ResourceConfig.KeepAlivePeriodInSeconds": 21601},
         "Member must have value less than or equal to 21600"),
    ),
    *_bad(reference("StoppingCondition"),
        ({"StoppingCondition.MaxRuntimeInSeconds": 2419201}, "2419200"),
        ({"StoppingCondition.MaxPendingTimeInSeconds": 60},
         "Member must have value greater than or equal to"),
    ),
    *_bad(SPOT,
        ({"StoppingCondition.MaxWaitTimeInSeconds": 600}, "Spot"),
        ({"EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds is required"),
    ),
    *_bad(reference("OutputDataConfig"),
        ({"OutputDataConfig.CompressionType": "ZIP"},
         enum("outputDataConfig.compressionType", "GZIP", "NONE")),
        ({"OutputDataConfig.KmsKeyId": "k" * 2049}, at_most("outputDataConfig.kmsKeyId", 2048)),
        ({"OutputDataConfig.KmsKeyId": "a key"}, broken("outputDataConfig.kmsKeyId", PATTERN)),
    ),
    *_bad(reference("S3DataSource"),
        ({"InputDataConfig": [channel("a", "s3://x/y", "Folder")]},
         "Member must satisfy enum value"),
        ({"InputDataConfig": [channel("a", "x/y")]}, "s3DataSource.s3Uri'"),
    ),
    *_bad(reference("DebugHookConfig"), ({"DebugHookConfig": {}}, "debugHookConfig.s3OutputPath'")),
    *_bad(TAGS, ({"Tags": [{"Key": "Aws:mine", "Value": ""}]}, "aws:")),
    *_bad(QUOTAS, ({"ResourceConfig.InstanceType": "ml.m5.xlarge",
                    "ResourceConfig.InstanceCount": 2}, "request delta of 2 Instances"),
          code="ResourceLimitExceeded"),
    *_bad(OURS,
        ({"InputDataConfig": [{"ChannelName": "a", "DataSource": {"FileSystemDataSource": {
            "FileSystemId": "fs-12345678901", "FileSystemType": "EFS", "DirectoryPath": "/",
            "FileSystemAccessMode": "ro"}}}]}, "FileSystemDataSource, which the local SageMaker"),
        ({"ResourceConfig": {"InstanceGroups": [{"InstanceGroupName": "g", "InstanceCount": 1,
            "InstanceType": "ml.m5.large"}], "VolumeSizeInGB": 1}},
         "InstanceGroups are not supported"),
        ({"OutputDataConfig.CompressionType": "NONE"}, "CompressionType NONE is not supported"),
        ({"InputDataConfig": [channel("a", "s3://x/y", "ManifestFile")]}, "use S3Prefix"),
    ),
]  # fmt: skip
