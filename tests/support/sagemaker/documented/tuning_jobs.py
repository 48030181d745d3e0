"""CreateHyperParameterTuningJob: what is accepted, and what the service model refuses."""

from __future__ import annotations

from typing import Any

from tests.support.sagemaker.documented.rows import (
    EARLY_STOPPING,
    GONE,
    INVALID,
    LIMITS_PAGE,
    PATTERN,
    RANGES,
    SPOT,
    STRATEGIES,
    TAGS,
    TOO_SHORT,
    Row,
    at_least,
    at_most,
    broken,
    changed,
    enum,
    numeric,
    reference,
)
from tests.support.sagemaker.requests import categorical, channel, tuning_request

OPERATION = "CreateHyperParameterTuningJob"
NAME = "HyperParameterTuningJobName"
CONFIG = "HyperParameterTuningJobConfig"
DEFINITION = "TrainingJobDefinition"
LIMITS = f"{CONFIG}.ResourceLimits"
RANGES_OF = f"{CONFIG}.ParameterRanges"
CONTINUOUS = f"{RANGES_OF}.ContinuousParameterRanges"
ALGORITHM = f"{DEFINITION}.AlgorithmSpecification"
CRITERIA = f"{CONFIG}.TuningJobCompletionCriteria"

# As paths in messages are written.
CONFIG_PATH = "hyperParameterTuningJobConfig"
DEFINITION_PATH = "trainingJobDefinition"


def _good(source: str, *all_changes: dict[str, Any]) -> list[Row]:
    return [Row(OPERATION, changes, source) for changes in all_changes]


def _named(rows: list[Row]) -> list[Row]:
    """Give every accepted request a name of its own."""
    return [
        Row(OPERATION, changed(tuning_request(f"good-{number}", jobs=1), row.request), row.source)
        for number, row in enumerate(rows)
    ]


def bad(source: str, *rows: tuple[dict[str, Any], str], code: str = INVALID) -> list[Row]:
    """Make rows that are refused: what is changed in a good request, and words of the message."""
    return [
        Row(OPERATION, changed(tuning_request("bad"), changes), source, code, message)
        for changes, message in rows
    ]


GOOD = _named([
    *_good(reference(OPERATION),
        {},
        {NAME: "a" * 26},
        {f"{DEFINITION}.Environment": {"A": "1", "_b": ""}},
        {f"{DEFINITION}.VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
         f"{DEFINITION}.EnableNetworkIsolation": True,
         f"{DEFINITION}.EnableInterContainerTrafficEncryption": True},
        {f"{DEFINITION}.OutputDataConfig": {
            "S3OutputPath": "s3://tuning/out", "KmsKeyId": "alias/a-key"},
         f"{DEFINITION}.ResourceConfig.VolumeKmsKeyId": "alias/a-key"},
    ),
    *_good(reference("RetryStrategy"), {f"{DEFINITION}.RetryStrategy": {
        "MaximumRetryAttempts": 30}}),
    *_good(reference("CheckpointConfig"), {f"{DEFINITION}.CheckpointConfig": {
        "S3Uri": "s3://tuning/checkpoints", "LocalPath": "/opt/ml/checkpoints/"}}),
    *_good(RANGES,
        {CONTINUOUS: numeric("1e-6", "1.0", "Logarithmic")},
        {CONTINUOUS: numeric("0", "0.999", "ReverseLogarithmic")},
        {CONTINUOUS: numeric("-1.5", "+2", "Linear")},
        {CONTINUOUS: numeric("1", "1")},
        {RANGES_OF: {"IntegerParameterRanges": numeric("1", "64", "Logarithmic")}},
        {RANGES_OF: {"IntegerParameterRanges": numeric("-3", "3")}},
        {RANGES_OF: categorical(x=[str(number) for number in range(30)])},
    ),
    *_good(STRATEGIES,
        {f"{CONFIG}.Strategy": "Grid", RANGES_OF: categorical(x=["1", "2"]),
         f"{LIMITS}.MaxNumberOfTrainingJobs": 2},
        {f"{CONFIG}.Strategy": "Grid", RANGES_OF: categorical(x=["1", "2"]),
         f"{LIMITS}.MaxNumberOfTrainingJobs": GONE},
        {f"{CONFIG}.Strategy": "Hyperband", f"{DEFINITION}.StaticHyperParameters": {"epochs": "2"}},
        {f"{CONFIG}.Strategy": "Hyperband", f"{CONFIG}.StrategyConfig": {
            "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 3}}},
        {f"{CONFIG}.Strategy": "Bayesian"},
    ),
    *_good(EARLY_STOPPING, {f"{CONFIG}.TrainingJobEarlyStoppingType": "Auto"}),
    *_good(reference("TuningJobCompletionCriteria"),
        {CRITERIA: {"TargetObjectiveMetricValue": 2.0}},
        {CRITERIA: {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}},
        {CRITERIA: {"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}},
    ),
    *_good(reference("ResourceLimits"),
        {f"{LIMITS}.MaxRuntimeInSeconds": 120},
        {f"{LIMITS}.MaxNumberOfTrainingJobs": GONE, f"{LIMITS}.MaxRuntimeInSeconds": 120,
         CRITERIA: {"TargetObjectiveMetricValue": 0.0}},
    ),
    *_good(SPOT, {f"{DEFINITION}.EnableManagedSpotTraining": True,
        f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 9}}),
    *_good(reference("HyperParameterTuningResourceConfig"),
        {f"{DEFINITION}.ResourceConfig": GONE,
         f"{DEFINITION}.HyperParameterTuningResourceConfig": {
             "AllocationStrategy": "Prioritized", "InstanceConfigs": [
                 {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
                 {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}]}},
    ),
    *_good(TAGS, {"Tags": [{"Key": "tunedrop:größe", "Value": "a=b/c@d"}]}),
])  # fmt: skip

SERVICE_MODEL = [
    *bad(reference(OPERATION),
        ({NAME: GONE}, "1 validation error detected: Value null at 'hyperParameterTuningJobName' "
         "failed to satisfy constraint: Member must not be null"),
        ({NAME: "a" * 33}, at_most("hyperParameterTuningJobName", 32)),
        ({NAME: ""}, TOO_SHORT),
        ({NAME: "under_score"}, "Value 'under_score' " + broken(
            "hyperParameterTuningJobName", PATTERN)),
        ({NAME: "ends-"}, PATTERN),
        ({NAME: "-begins"}, PATTERN),
        ({NAME: "ünicode"}, PATTERN),
        ({CONFIG: GONE}, "Value null at 'hyperParameterTuningJobConfig'"),
        ({f"{CONFIG}.Strategy": "Psychic", NAME: "ends-"}, "2 validation errors detected: "),
        ({"Autotune": {"Mode": "Disabled"}}, enum("autotune.mode", "Enabled")),
    ),
    *bad(reference("HyperParameterTuningJobConfig"),
        ({f"{CONFIG}.Strategy": "Psychic"}, "Value 'Psychic' " + enum(
            f"{CONFIG_PATH}.strategy", "Bayesian", "Random", "Hyperband", "Grid")),
        ({f"{CONFIG}.Strategy": GONE}, f"Value null at '{CONFIG_PATH}.strategy'"),
        ({f"{CONFIG}.RandomSeed": -1}, broken(f"{CONFIG_PATH}.randomSeed",
            at_least(0))),
        ({f"{CONFIG}.TrainingJobEarlyStoppingType": "Never"},
         enum(f"{CONFIG_PATH}.trainingJobEarlyStoppingType", "Off", "Auto")),
    ),
    *bad(reference("HyperParameterTuningJobObjective"),
        ({f"{CONFIG}.HyperParameterTuningJobObjective.Type": "Best"}, enum(
            f"{CONFIG_PATH}.hyperParameterTuningJobObjective.type", "Maximize", "Minimize")),
        ({f"{CONFIG}.HyperParameterTuningJobObjective.MetricName": "m" * 256},
         at_most(f"{CONFIG_PATH}.hyperParameterTuningJobObjective.metricName", 255)),
    ),
    *bad(reference("ResourceLimits"),
        ({f"{LIMITS}.MaxParallelTrainingJobs": 0}, at_least(1)),
        ({f"{LIMITS}.MaxParallelTrainingJobs": GONE},
         f"Value null at '{CONFIG_PATH}.resourceLimits.maxParallelTrainingJobs'"),
        ({f"{LIMITS}.MaxNumberOfTrainingJobs": 0}, broken(
            f"{CONFIG_PATH}.resourceLimits.maxNumberOfTrainingJobs",
            at_least(1))),
        ({f"{LIMITS}.MaxRuntimeInSeconds": 119}, at_least(120)),
        ({f"{LIMITS}.MaxRuntimeInSeconds": 15768001},
         "Member must have value less than or equal to 15768000"),
    ),
    *bad(reference("TuningJobCompletionCriteria"),
        ({CRITERIA: {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 2}}},
         at_least(3)),
        ({CRITERIA: {"ConvergenceDetected": {"CompleteOnConvergence": "Perhaps"}}},
         "completeOnConvergence' failed to satisfy constraint: Member must satisfy enum value set"),
    ),
    *bad(reference("HyperParameterTrainingJobDefinition"),
        ({f"{DEFINITION}.RoleArn": "arn:aws:iam::1:role/short-account"},
         broken(f"{DEFINITION_PATH}.roleArn", PATTERN)),
        ({f"{DEFINITION}.RoleArn": GONE}, f"Value null at '{DEFINITION_PATH}.roleArn'"),
        ({f"{DEFINITION}.OutputDataConfig": {"S3OutputPath": "tuning/out"}},
         broken(f"{DEFINITION_PATH}.outputDataConfig.s3OutputPath", PATTERN)),
        ({f"{DEFINITION}.InputDataConfig": []},
         f"Value '[]' at '{DEFINITION_PATH}.inputDataConfig'"),
        ({f"{DEFINITION}.InputDataConfig": [channel(f"c{n}", "s3://x/y") for n in range(21)]},
         at_most(f"{DEFINITION_PATH}.inputDataConfig", 20)),
        ({f"{DEFINITION}.StaticHyperParameters": {"long": "x" * 2501}},
         "Map value must satisfy constraint: [Member must have length less than or equal to 2500"),
        ({f"{DEFINITION}.StaticHyperParameters": {"k" * 257: ""}},
         "Map keys must satisfy constraint: [Member must have length less than or equal to 256"),
        ({f"{DEFINITION}.Environment": {f"V{n}": "" for n in range(49)}},
         at_most(f"{DEFINITION_PATH}.environment", 48)),
        ({f"{DEFINITION}.Environment": {"1A": ""}},
         f"Map keys must satisfy constraint: [{PATTERN}"),
        ({f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 0}},
         at_least(1)),
        ({f"{DEFINITION}.RetryStrategy": {"MaximumRetryAttempts": 31}},
         "Member must have value less than or equal to 30"),
        ({f"{DEFINITION}.RetryStrategy": {"MaximumRetryAttempts": 0}},
         at_least(1)),
        ({f"{DEFINITION}.CheckpointConfig": {"S3Uri": "tuning/checkpoints"}},
         broken(f"{DEFINITION_PATH}.checkpointConfig.s3Uri", PATTERN)),
    ),
    *bad(reference("Channel"),
        ({f"{DEFINITION}.InputDataConfig": [channel("a b", "s3://x/y")]},
         broken(f"{DEFINITION_PATH}.inputDataConfig.1.member.channelName", PATTERN)),
        ({f"{DEFINITION}.InputDataConfig": [channel("a", "s3://x/y", InputMode="Stream")]},
         enum(f"{DEFINITION_PATH}.inputDataConfig.1.member.inputMode", "Pipe", "File", "FastFile")),
        ({f"{DEFINITION}.InputDataConfig": [channel("a", "s3://x/y", CompressionType="Zip")]},
         enum(f"{DEFINITION_PATH}.inputDataConfig.1.member.compressionType", "None", "Gzip")),
    ),
    *bad(reference("ResourceConfig"),
        ({f"{DEFINITION}.ResourceConfig.InstanceType": "ml.huge"},
         "Member must satisfy enum value set: [ml.m4.xlarge, "),
        ({f"{DEFINITION}.ResourceConfig.VolumeSizeInGB": -1},
         at_least(0)),
    ),
    *bad(reference("VpcConfig"),
        ({f"{DEFINITION}.VpcConfig": {"SecurityGroupIds": [f"sg-{n}" for n in range(6)],
                                      "Subnets": ["subnet-1"]}},
         at_most(f"{DEFINITION_PATH}.vpcConfig.securityGroupIds", 5)),
        ({f"{DEFINITION}.VpcConfig": {"SecurityGroupIds": ["sg-1"]}},
         f"Value null at '{DEFINITION_PATH}.vpcConfig.subnets'"),
    ),
    *bad(reference("MetricDefinition"),
        ({f"{ALGORITHM}.MetricDefinitions": [{"Name": "m", "Regex": "x" * 501}]},
         "Member must have length less than or equal to 500"),
        ({f"{ALGORITHM}.MetricDefinitions": [{"Name": "m"}]}, "metricDefinitions.1.member.regex'"),
    ),
    *bad(reference("ParameterRanges"),
        ({RANGES_OF: categorical(x=[str(n) for n in range(31)])},
         "Member must have length less than or equal to 30"),
        ({CONTINUOUS: numeric("0", "1", "Quadratic")},
         "Member must satisfy enum value set: [Auto, Linear, Logarithmic, ReverseLogarithmic]"),
        ({CONTINUOUS: [{"Name": "x", "MinValue": "0"}]}, "1.member.maxValue'"),
        ({CONTINUOUS: numeric("0", "1" * 257)},
         "Member must have length less than or equal to 256"),
    ),
    *bad(reference("HyperParameterTuningJobWarmStartConfig"),
        ({"WarmStartConfig": {"WarmStartType": "Lukewarm", "ParentHyperParameterTuningJobs": [
            {NAME: "p"}]}}, enum("warmStartConfig.warmStartType",
                                 "IdenticalDataAndAlgorithm", "TransferLearning")),
        ({"WarmStartConfig": {"WarmStartType": "TransferLearning",
                              "ParentHyperParameterTuningJobs": []}},
         TOO_SHORT),
        ({"WarmStartConfig": {"WarmStartType": "TransferLearning",
                              "ParentHyperParameterTuningJobs": [
                                  {NAME: f"p{n}"} for n in range(6)]}},
         "Member must have length less than or equal to 5"),
    ),
    *bad(reference("Tag"),
        ({"Tags": [{"Key": "k", "Value": "semi;colon"}]}, broken("tags.1.member.value", PATTERN)),
        ({"Tags": [{"Key": "", "Value": ""}]}, TOO_SHORT),
        ({"Tags": [{"Key": "k" * 129, "Value": ""}]}, at_most("tags.1.member.key", 128)),
        ({"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]}, at_most("tags", 50)),
    ),
    *bad(LIMITS_PAGE,
        ({"TrainingJobDefinitions": [{"DefinitionName": "d"}] * 11}, at_most(
            "trainingJobDefinitions", 10)),
    ),
]  # fmt: skip
