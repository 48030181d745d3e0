"""Requests, good and bad, with the answers that AWS documents.

Types, required members, lengths, patterns and enumerations are botocore's service model: a row for
each kind of constraint is enough. Rows about other operations refer to jobs that the test makes:
`tabled` is a tuning job with two training jobs and a tag, `tabled-plain` a training job; both are
over. `going-on` and `going-on-plain` are not.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.sagemaker.requests import (
    IMAGE,
    categorical,
    channel,
    continuous,
    definition,
    training_request,
    tuning_request,
    warm_start,
)

GONE = object()
ACCEPTED = ""
INVALID = "ValidationException"

CONFIG = "HyperParameterTuningJobConfig"
DEFINITION = "TrainingJobDefinition"
LIMITS = f"{CONFIG}.ResourceLimits"
RANGES = f"{CONFIG}.ParameterRanges"
CONTINUOUS = f"{RANGES}.ContinuousParameterRanges"
ALGORITHM = f"{DEFINITION}.AlgorithmSpecification"
CRITERIA = f"{CONFIG}.TuningJobCompletionCriteria"
TUNING, TRAINING = "HyperParameterTuningJobName", "TrainingJobName"

Changes = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One request, and how it is answered.

    Parameters
    ----------
    request
        The whole of it; bytes are sent as they are.
    code
        The error's, or ACCEPTED.
    message
        A part of the error's message.
    expected
        Members of the answer of an accepted request; of a list, its length.
    """

    operation: str
    request: Any
    code: str = ACCEPTED
    message: str = ""
    expected: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.operation}-{self.message[:50] or self.code or 'accepted'}"


def changed(request: dict[str, Any], changes: Changes) -> dict[str, Any]:
    """Return a request with other values at dotted paths; GONE removes one."""
    request = copy.deepcopy(request)
    for path, value in changes.items():
        *parents, last = path.split(".")
        parent = request
        for name in parents:
            parent = parent.setdefault(name, {})
        if value is GONE:
            parent.pop(last)
        else:
            parent[last] = value
    return request


def numeric(low: str, high: str, scaling: str = "Auto", name: str = "x") -> list[dict[str, str]]:
    """Return the ranges of one numeric hyperparameter."""
    return [{"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}]


def accepted(
    operation: str, make: Callable[[str], dict[str, Any]], all_changes: list[Changes]
) -> list[Row]:
    """Return rows of requests that are accepted, each with a name of its own."""
    return [
        Row(operation, changed(make(f"good-{number}"), changes))
        for number, changes in enumerate(all_changes)
    ]


def rejected(
    operation: str,
    make: Callable[[str], dict[str, Any]],
    rows: list[tuple[Changes, str]],
    code: str = INVALID,
) -> list[Row]:
    """Return rows of requests that are rejected: what is changed, and a part of the message."""
    return [
        Row(operation, changed(make("bad"), changes), code, message) for changes, message in rows
    ]


CREATE_TUNING, CREATE_TRAINING = "CreateHyperParameterTuningJob", "CreateTrainingJob"

GOOD_TUNING = accepted(CREATE_TUNING, lambda name: tuning_request(name, jobs=1), [
    {TUNING: "a" * 26},
    {f"{DEFINITION}.Environment": {"A": "1", "_b": ""},
     f"{DEFINITION}.VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
     f"{DEFINITION}.EnableNetworkIsolation": True,
     f"{DEFINITION}.EnableInterContainerTrafficEncryption": True,
     f"{DEFINITION}.OutputDataConfig": {"S3OutputPath": "s3://tuning/o", "KmsKeyId": "alias/key"},
     f"{DEFINITION}.ResourceConfig.VolumeKmsKeyId": "alias/key",
     f"{DEFINITION}.RetryStrategy": {"MaximumRetryAttempts": 30},
     f"{DEFINITION}.CheckpointConfig": {"S3Uri": "s3://tuning/c", "LocalPath": "/opt/ml/c/"},
     "Tags": [{"Key": "tunedrop:größe", "Value": "a=b/c@d"}]},
    {CONTINUOUS: numeric("0", "0.999", "ReverseLogarithmic")},
    {RANGES: {"IntegerParameterRanges": numeric("1", "64", "Logarithmic")}},
    {f"{CONFIG}.Strategy": "Grid", RANGES: categorical(x=["1", "2"]),
     f"{LIMITS}.MaxNumberOfTrainingJobs": GONE},
    {f"{CONFIG}.Strategy": "Hyperband", f"{CONFIG}.StrategyConfig": {
        "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 3}}},
    {f"{CONFIG}.Strategy": "Bayesian", f"{CONFIG}.TrainingJobEarlyStoppingType": "Auto"},
    {CRITERIA: {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3},
                "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}},
    {f"{DEFINITION}.EnableManagedSpotTraining": True,
     f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 9}},
    {f"{DEFINITION}.ResourceConfig": GONE,
     f"{DEFINITION}.HyperParameterTuningResourceConfig": {
         "AllocationStrategy": "Prioritized", "InstanceConfigs": [
             {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
             {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}]}},
])  # fmt: skip

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html
SERVICE_MODEL = rejected(CREATE_TUNING, tuning_request, [
    ({TUNING: GONE}, 'Missing required parameter in input: "HyperParameterTuningJobName"'),
    ({"Strategie": "Bayesian"}, 'Unknown parameter in input: "Strategie"'),
    ({f"{LIMITS}.MaxParallelTrainingJobs": 0}, "valid min value: 1"),
    ({TUNING: "a" * 33}, "'hyperParameterTuningJobName' failed to satisfy constraint: Member must "
     "have length less than or equal to 32"),
    ({f"{CONFIG}.Strategy": "Psychic"}, "'hyperParameterTuningJobConfig.strategy' failed to satisfy"
     " constraint: Member must satisfy enum value set: [Bayesian, Random, Hyperband, Grid]"),
    ({f"{DEFINITION}.StaticHyperParameters": {"long": "x" * 2501}},
     "Member must have length less than or equal to 2500"),
    ({"Tags": [{"Key": "k", "Value": "semi;colon"}]}, "'tags.1.member.value' failed to satisfy"),
])  # fmt: skip

RULES = rejected(CREATE_TUNING, tuning_request, [
    # https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
    ({CONTINUOUS: numeric("2", "1")}, "must not be greater than"),
    ({CONTINUOUS: numeric("nan", "1")}, "'nan'"),
    ({CONTINUOUS: numeric("0", "1", "Logarithmic")}, "greater than 0"),
    ({CONTINUOUS: numeric("0.5", "1", "ReverseLogarithmic")}, "0 <= x < 1"),
    ({CONTINUOUS: [*numeric("0", "1"), *numeric("0", "1", name="y")],
      f"{DEFINITION}.StaticHyperParameters": {"y": "1"}}, "both static and tunable: y"),
    ({RANGES: {}}, "at least one hyperparameter"),
    ({RANGES: categorical(x=["a", "a"])}, "distinct"),
    # https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
    ({RANGES: {**continuous(), "IntegerParameterRanges": [
        numeric("0", "1", name=f"i{n}")[0] for n in range(30)]}}, "the maximum is 30"),
    ({f"{DEFINITION}.StaticHyperParameters": {f"h{n}": "" for n in range(99)}},
     "the maximum is 100"),
    # https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html
    ({f"{CONFIG}.Strategy": "Grid"}, "only categorical"),
    ({f"{CONFIG}.Strategy": "Grid", RANGES: categorical(x=["1", "2"])},
     "equal to the number of combinations of the grid (2)"),
    ({f"{CONFIG}.Strategy": "Hyperband", f"{CONFIG}.TrainingJobEarlyStoppingType": "Auto"}, "Off"),
    ({f"{LIMITS}.MaxNumberOfTrainingJobs": GONE}, "MaxNumberOfTrainingJobs is required"),
    ({DEFINITION: GONE}, "TrainingJobDefinition is required"),
    ({f"{CONFIG}.HyperParameterTuningJobObjective": GONE}, "objective"),
    # https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-metrics-variables.html
    ({f"{CONFIG}.HyperParameterTuningJobObjective.MetricName": "unknown"},
     "Provide a metric in the metric definitions."),
    ({f"{DEFINITION}.ResourceConfig": GONE}, "InstanceType is required in the ResourceConfig"),
    # https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
    ({f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 9}},
     "if and only if EnableManagedSpotTraining is true"),
    ({f"{DEFINITION}.EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds must be"),
    ({f"{DEFINITION}.EnableManagedSpotTraining": True, f"{DEFINITION}.StoppingCondition": {
        "MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 8}}, "equal to or greater than"),
    ({f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 2419201}}, "2419200"),
    ({"WarmStartConfig": warm_start("TransferLearning", "nobody")},
     "can't find a tuning job called nobody"),
    # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    ({"Tags": [{"Key": "Aws:mine", "Value": ""}]}, "aws:"),
    # Rejected here only: rows of docs/fidelity.md.
    ({f"{ALGORITHM}.TrainingInputMode": "Pipe"}, "Pipe is not supported"),
    ({f"{DEFINITION}.InputDataConfig": [channel("a", "s3://x/y", "ManifestFile")]}, "ManifestFile"),
    ({f"{ALGORITHM}.TrainingImage": GONE, f"{ALGORITHM}.AlgorithmName": "xgboost"},
     "not supported by the local SageMaker"),
    ({DEFINITION: GONE, "TrainingJobDefinitions": [definition()]},
     "TrainingJobDefinitions is not supported"),
    ({"Autotune": {"Mode": "Enabled"}}, "Autotune is not supported"),
    ({f"{DEFINITION}.HyperParameterRanges": continuous()}, "HyperParameterRanges of a "),
    ({f"{CONFIG}.Strategy": "Hyperband"}, "MaxResource is required"),
    ({f"{DEFINITION}.OutputDataConfig.CompressionType": "NONE"}, "NONE is not supported"),
    ({f"{DEFINITION}.InputDataConfig": [{"ChannelName": "a", "DataSource": {
        "FileSystemDataSource": {"FileSystemId": "fs-12345678901", "FileSystemType": "EFS",
                                 "DirectoryPath": "/", "FileSystemAccessMode": "ro"}}}]},
     "without an S3DataSource is not supported"),
])  # fmt: skip

# https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
QUOTAS = rejected(CREATE_TUNING, tuning_request, [
    ({f"{LIMITS}.MaxParallelTrainingJobs": 11}, "is 10 Training Jobs, with current utilization "
     "of 0 Training Jobs and a request delta of 11"),
    ({f"{CONFIG}.Strategy": "Bayesian", f"{LIMITS}.MaxNumberOfTrainingJobs": 751},
     "is 750 Training Jobs"),
    ({f"{LIMITS}.MaxNumberOfTrainingJobs": 751}, "is 750 Training Jobs"),
    ({f"{DEFINITION}.ResourceConfig.InstanceType": "ml.m5.xlarge"},
     "The account-level service limit 'ml.m5.xlarge for training job usage' is 1 Instances, "
     "with current utilization of 0 Instances and a request delta of 2 Instances."),
], "ResourceLimitExceeded")  # fmt: skip

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
GOOD_TRAINING = accepted(CREATE_TRAINING, training_request, [
    {TRAINING: "b" * 63, "StoppingCondition": GONE, "HyperParameters": GONE},
    {"AlgorithmSpecification.TrainingImage": f"{IMAGE}@sha256:{'0a' * 32}",
     "DebugHookConfig": {"S3OutputPath": "s3://tuning/debug"},
     "ProfilerConfig": {"DisableProfiler": True},
     "ExperimentConfig": {"ExperimentName": "e", "TrialName": "t"},
     "ResourceConfig.KeepAlivePeriodInSeconds": 21600},
    {"EnableManagedSpotTraining": True, "StoppingCondition": {
        "MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 10}},
])  # fmt: skip

BAD_TRAINING = [
    *rejected(CREATE_TRAINING, training_request, [
        ({"AlgorithmSpecification": GONE}, "AlgorithmSpecification"),
        ({"ResourceConfig.InstanceCount": GONE}, "InstanceCount is required"),
    ]),
    *rejected(CREATE_TRAINING, training_request, [
        ({"ResourceConfig.InstanceType": "ml.m5.xlarge", "ResourceConfig.InstanceCount": 2},
         "request delta of 2 Instances"),
    ], "ResourceLimitExceeded"),
]  # fmt: skip

ARN = "arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/tabled"
DESCRIBE = "DescribeHyperParameterTuningJob"
LIST_TUNING, LIST_TRAINING = "ListHyperParameterTuningJobs", "ListTrainingJobs"
LIST_TUNED = "ListTrainingJobsForHyperParameterTuningJob"
STOP_TUNING, STOP_TRAINING = "StopHyperParameterTuningJob", "StopTrainingJob"
NOT_FOUND = "Amazon SageMaker can't find a tuning job called nobody. Type another name."
OF_TABLED = {"Name": "TuningJobArn", "Operator": "Equals", "Value": ARN}


def search(*filters: dict[str, str], **members: Any) -> dict[str, Any]:
    expression = {"Filters": list(filters)}
    return {"Resource": "TrainingJob", "SearchExpression": expression, **members}


GOOD_OTHER_REQUESTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (DESCRIBE, {TUNING: "TABLED"}, {TUNING: "tabled",
                                    "HyperParameterTuningJobStatus": "Completed"}),
    ("DescribeTrainingJob", {TRAINING: "tabled-plain"}, {"SecondaryStatus": "Completed"}),
    (LIST_TUNING, {"NameContains": "tabled"}, {"HyperParameterTuningJobSummaries": 1}),
    (LIST_TRAINING, {"NameContains": "tabled-", "MaxResults": 2, "SortBy": "Status"},
     {"TrainingJobSummaries": 2}),
    (LIST_TUNED, {TUNING: "tabled", "SortBy": "FinalObjectiveMetricValue", "MaxResults": 1},
     {"TrainingJobSummaries": 1}),
    ("Search", search(OF_TABLED),
     {"Results": 2, "TotalHits": {"Value": 2, "Relation": "EqualTo"}}),
    ("Search", search(OF_TABLED, SortOrder="Ascending", MaxResults=1), {"Results": 1}),
    ("ListTags", {"ResourceArn": ARN, "MaxResults": 50}, {"Tags": 1}),
    (STOP_TRAINING, {TRAINING: "going-on-plain"}, {}),
    (STOP_TUNING, {TUNING: "going-on"}, {}),
]  # fmt: skip

BAD_OTHERS = [
    Row(operation, request, code, message)
    for operation, request, code, message in [
        (DESCRIBE, {TUNING: "nobody"}, "ResourceNotFound", NOT_FOUND),
        (STOP_TUNING, {TUNING: "nobody"}, "ResourceNotFound", NOT_FOUND),
        (STOP_TUNING, {TUNING: "tabled"}, INVALID, "is in status Completed"),
        ("DescribeTrainingJob", {TRAINING: "nobody"}, INVALID, "Requested resource not found."),
        (STOP_TRAINING, {TRAINING: "nobody"}, INVALID, "Requested resource not found."),
        (STOP_TRAINING, {TRAINING: "tabled-plain"}, INVALID, "is in status Completed"),
        (LIST_TUNED, {TUNING: "nobody"}, "ResourceNotFound", NOT_FOUND),
        (LIST_TUNING, {"NextToken": "x"}, INVALID, "NextToken"),
        (LIST_TRAINING, {"MaxResults": 101}, INVALID, "less than or equal to 100"),
        *(("Search", request, INVALID, "by TuningJobArn Equals") for request in (
            {"Resource": "TrainingJob"},
            search(OF_TABLED, OF_TABLED),
            search({**OF_TABLED, "Operator": "NotEquals"}))),
        ("ListTags", {"ResourceArn": ARN.replace("tabled", "nowhere")}, "ResourceNotFound",
         "nowhere"),
        # What deploys a model is not here; the SDK's deploy() calls it.
        *((name, {}, "UnknownOperationException", name) for name in (
            "CreateModel", "NoSuchOperation")),
        (LIST_TRAINING, b"{", "SerializationException", "not valid JSON"),
        (LIST_TRAINING, b"[]", INVALID, "Invalid type"),
    ]
]  # fmt: skip

GOOD_OTHERS = [
    Row(operation, request, expected=expected)
    for operation, request, expected in GOOD_OTHER_REQUESTS
]
GOOD = [*GOOD_TUNING, *GOOD_TRAINING, *GOOD_OTHERS]
BAD = [*SERVICE_MODEL, *RULES, *QUOTAS, *BAD_TRAINING, *BAD_OTHERS]
