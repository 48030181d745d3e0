"""Requests, good and bad, with the answers that AWS documents.

Constraints of single values are the service model's; the rules between fields are those of the API
reference (CreateHyperParameterTuningJob, CreateTrainingJob, HyperParameterTuningJobConfig,
ParameterRanges, HyperParameterTuningJobWarmStartConfig) and of the developer guide's pages on
automatic model tuning (define ranges, early stopping, warm start, resource limits).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.sagemaker.machine import (
    METRICS,
    Machine,
    categorical,
    channel,
    continuous,
    training_request,
    tuning_request,
)

CONFIG = "HyperParameterTuningJobConfig"
DEFINITION = "TrainingJobDefinition"
LIMITS = f"{CONFIG}.ResourceLimits"
CONTINUOUS = f"{CONFIG}.ParameterRanges.ContinuousParameterRanges"
GONE = object()


def changed(request: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Set values at dotted paths; GONE removes."""
    request = copy.deepcopy(request)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = request
        for name in parents:
            place = place.setdefault(name, {})
        if value is GONE:
            place.pop(last)
        else:
            place[last] = value
    return request


def numeric(low: str, high: str, scaling: str = "Auto", name: str = "x") -> list[dict[str, str]]:
    return [{"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}]


def broken(path: str, rule: str) -> str:
    return f"at '{path}' failed to satisfy constraint: {rule}"


GOOD_TUNING_JOBS: list[dict[str, Any]] = [
    {},
    {"HyperParameterTuningJobName": "a" * 26},
    {CONTINUOUS: numeric("1e-6", "1.0", "Logarithmic")},
    {CONTINUOUS: numeric("0", "0.999", "ReverseLogarithmic")},
    {CONTINUOUS: numeric("-1.5", "+2", "Linear")},
    {CONTINUOUS: numeric("1", "1")},
    {f"{CONFIG}.ParameterRanges": {"IntegerParameterRanges": numeric("1", "64", "Logarithmic")}},
    {f"{CONFIG}.Strategy": "Grid", f"{CONFIG}.ParameterRanges": categorical(x=["1", "2"]),
     f"{LIMITS}.MaxNumberOfTrainingJobs": 2},
    {f"{CONFIG}.Strategy": "Hyperband", f"{DEFINITION}.StaticHyperParameters": {"epochs": "2"}},
    {f"{CONFIG}.TrainingJobEarlyStoppingType": "Auto"},
    {f"{CONFIG}.TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 2.0}},
    {f"{LIMITS}.MaxRuntimeInSeconds": 120},
    {f"{LIMITS}.MaxNumberOfTrainingJobs": GONE, f"{LIMITS}.MaxRuntimeInSeconds": 120,
     f"{CONFIG}.TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.0}},
    {f"{DEFINITION}.EnableManagedSpotTraining": True,
     f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 9}},
    {f"{DEFINITION}.VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
     f"{DEFINITION}.EnableNetworkIsolation": True},
    {f"{DEFINITION}.CheckpointConfig": {"S3Uri": "s3://tuning/checkpoints"},
     f"{DEFINITION}.RetryStrategy": {"MaximumRetryAttempts": 2}},
    {f"{DEFINITION}.Environment": {"A": "1"}},
    {f"{DEFINITION}.ResourceConfig": GONE,
     f"{DEFINITION}.HyperParameterTuningResourceConfig": {
         "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}},
    {"Tags": [{"Key": "tunedrop:größe", "Value": "a=b/c@d"}]},
    {"Autotune": {"Mode": "Enabled"}},
]  # fmt: skip

REGEX = "Member must satisfy regular expression pattern"
BAD_TUNING_JOBS: list[tuple[dict[str, Any], str, str]] = [
    # The service model: required, min, max, pattern, enum.
    ({"HyperParameterTuningJobName": GONE}, "ValidationException",
     "1 validation error detected: Value null at 'hyperParameterTuningJobName' failed to satisfy "
     "constraint: Member must not be null"),
    ({"HyperParameterTuningJobName": "a" * 33}, "ValidationException",
     broken("hyperParameterTuningJobName", "Member must have length less than or equal to 32")),
    ({"HyperParameterTuningJobName": ""}, "ValidationException",
     "Member must have length greater than or equal to 1"),
    ({"HyperParameterTuningJobName": "under_score"}, "ValidationException",
     f"Value 'under_score' {broken('hyperParameterTuningJobName', REGEX)}"),
    ({"HyperParameterTuningJobName": "ends-"}, "ValidationException", REGEX),
    ({"HyperParameterTuningJobName": "-begins"}, "ValidationException", REGEX),
    ({"HyperParameterTuningJobName": "ünicode"}, "ValidationException", REGEX),
    ({CONFIG: GONE}, "ValidationException", "Value null at 'hyperParameterTuningJobConfig'"),
    ({f"{CONFIG}.Strategy": "Psychic"}, "ValidationException",
     "Value 'Psychic' " + broken("hyperParameterTuningJobConfig.strategy",
     "Member must satisfy enum value set: [Bayesian, Random, Hyperband, Grid]")),
    ({f"{CONFIG}.Strategy": "Psychic", "HyperParameterTuningJobName": "ends-"},
     "ValidationException", "2 validation errors detected: "),
    ({f"{LIMITS}.MaxParallelTrainingJobs": 0}, "ValidationException",
     "Member must have value greater than or equal to 1"),
    ({f"{LIMITS}.MaxParallelTrainingJobs": GONE}, "ValidationException",
     "Value null at 'hyperParameterTuningJobConfig.resourceLimits.maxParallelTrainingJobs'"),
    ({f"{LIMITS}.MaxRuntimeInSeconds": 119}, "ValidationException",
     "Member must have value greater than or equal to 120"),
    ({f"{LIMITS}.MaxRuntimeInSeconds": 15768001}, "ValidationException",
     "Member must have value less than or equal to 15768000"),
    ({f"{CONFIG}.RandomSeed": -1}, "ValidationException",
     broken("hyperParameterTuningJobConfig.randomSeed",
     "Member must have value greater than or equal to 0")),
    ({f"{CONFIG}.TuningJobCompletionCriteria": {
        "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 2}}},
     "ValidationException", "Member must have value greater than or equal to 3"),
    ({f"{DEFINITION}.RoleArn": "arn:aws:iam::1:role/short-account"}, "ValidationException",
     broken("trainingJobDefinition.roleArn", REGEX)),
    ({f"{DEFINITION}.OutputDataConfig": {"S3OutputPath": "tuning/out"}}, "ValidationException",
     broken("trainingJobDefinition.outputDataConfig.s3OutputPath", REGEX)),
    ({f"{DEFINITION}.InputDataConfig": [channel("a b", "s3://x/y")]}, "ValidationException",
     broken("trainingJobDefinition.inputDataConfig.1.member.channelName", REGEX)),
    ({f"{DEFINITION}.InputDataConfig": []}, "ValidationException",
     "Value '[]' at 'trainingJobDefinition.inputDataConfig'"),
    ({f"{DEFINITION}.ResourceConfig.InstanceType": "ml.huge"}, "ValidationException",
     "Member must satisfy enum value set: [ml.m4.xlarge, "),
    ({f"{DEFINITION}.StaticHyperParameters": {"long": "x" * 2501}}, "ValidationException",
     "Map value must satisfy constraint: [Member must have length less than or equal to 2500"),
    ({f"{DEFINITION}.Environment": {f"V{n}": "" for n in range(49)}}, "ValidationException",
     "Member must have length less than or equal to 48"),
    ({f"{DEFINITION}.AlgorithmSpecification.MetricDefinitions": [
        {"Name": "m", "Regex": "x" * 501}]},
     "ValidationException", "Member must have length less than or equal to 500"),
    ({f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "ValidationException",
     "Member must have value greater than or equal to 1"),
    ({"Tags": [{"Key": "k", "Value": "semi;colon"}]}, "ValidationException",
     broken("tags.1.member.value", REGEX)),
    ({"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]}, "ValidationException",
     "Member must have length less than or equal to 50"),
    ({f"{CONFIG}.ParameterRanges": categorical(x=[str(n) for n in range(31)])},
     "ValidationException", "Member must have length less than or equal to 30"),
    ({"Strategie": "Bayesian"}, "ValidationException", "Unknown parameter 'Strategie' at 'input'"),
    ({f"{CONFIG}.Seed": 1}, "ValidationException",
     "Unknown parameter 'Seed' at 'hyperParameterTuningJobConfig'"),
    # Wrong types.
    ({f"{LIMITS}.MaxParallelTrainingJobs": "two"}, "SerializationException", ""),
    ({f"{LIMITS}.MaxParallelTrainingJobs": 1.5}, "SerializationException", ""),
    ({f"{LIMITS}.MaxParallelTrainingJobs": True}, "SerializationException", ""),
    ({"Tags": {"Key": "k"}}, "SerializationException", ""),
    ({CONFIG: []}, "SerializationException", ""),
    ({f"{DEFINITION}.EnableNetworkIsolation": "yes"}, "SerializationException", ""),
    ({f"{DEFINITION}.StaticHyperParameters": {"number": 1}}, "SerializationException", ""),
    # Ranges.
    ({CONTINUOUS: numeric("2", "1")}, "ValidationException", "must not be greater than"),
    ({CONTINUOUS: numeric("zero", "1")}, "ValidationException", "'zero'"),
    ({CONTINUOUS: numeric("nan", "1")}, "ValidationException", "'nan'"),
    ({CONTINUOUS: numeric("0", "inf")}, "ValidationException", "'inf'"),
    ({CONTINUOUS: numeric("0", "1_0")}, "ValidationException", "'1_0'"),
    ({CONTINUOUS: numeric("", "1")}, "ValidationException", "''"),
    ({CONTINUOUS: numeric("0", "1", "Logarithmic")}, "ValidationException", "greater than 0"),
    ({CONTINUOUS: numeric("0.5", "1", "ReverseLogarithmic")}, "ValidationException", "0 <= x < 1"),
    ({CONTINUOUS: numeric("-0.1", "0.5", "ReverseLogarithmic")}, "ValidationException", "0 <= x"),
    ({f"{CONFIG}.ParameterRanges": {"IntegerParameterRanges": numeric("1.5", "2")}},
     "ValidationException", "'1.5' of the hyperparameter x is not a valid integer value"),
    ({f"{CONFIG}.ParameterRanges": {
        "IntegerParameterRanges": numeric("0", "1", "ReverseLogarithmic")}},
     "ValidationException", "continuous ranges"),
    ({CONTINUOUS: numeric("0", "1") * 2}, "ValidationException", "unique"),
    ({CONTINUOUS: [*numeric("0", "1"), *numeric("0", "1", name="y")],
      f"{DEFINITION}.StaticHyperParameters": {"y": "1"}},
     "ValidationException", "both static and tunable: y"),
    ({f"{CONFIG}.ParameterRanges": {}}, "ValidationException", "at least one hyperparameter"),
    ({f"{CONFIG}.ParameterRanges": categorical(x=["a", "a"])}, "ValidationException", "distinct"),
    ({f"{CONFIG}.ParameterRanges": {
        **continuous(), "IntegerParameterRanges":
        [numeric("0", "1", name=f"i{n}")[0] for n in range(30)]}},
     "ValidationException", "the maximum is 30"),
    ({f"{DEFINITION}.StaticHyperParameters": {f"h{n}": "" for n in range(99)}},
     "ValidationException", "the maximum is 100"),
    # Strategies.
    ({f"{CONFIG}.Strategy": "Grid"}, "ValidationException", "only categorical"),
    ({f"{CONFIG}.Strategy": "Grid", f"{CONFIG}.ParameterRanges": categorical(x=["1", "2"])},
     "ValidationException", "equal to the number of combinations of the grid (2)"),
    ({f"{CONFIG}.Strategy": "Hyperband"}, "ValidationException",
     "MaxResource parameter is not provided and could not be inferred"),
    ({f"{CONFIG}.Strategy": "Hyperband", f"{CONFIG}.TrainingJobEarlyStoppingType": "Auto",
      f"{DEFINITION}.StaticHyperParameters": {"epochs": "2"}}, "ValidationException", "Off"),
    ({f"{CONFIG}.Strategy": "Hyperband", f"{CONFIG}.StrategyConfig": {
        "HyperbandStrategyConfig": {"MinResource": 3, "MaxResource": 2}}},
     "ValidationException", "MinResource (3)"),
    ({f"{CONFIG}.Strategy": "Hyperband", f"{CONFIG}.StrategyConfig": {
        "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 20001}}},
     "ValidationException", "20000"),
    ({f"{CONFIG}.StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 2}}},
     "ValidationException", "only when the strategy is Hyperband"),
    ({f"{LIMITS}.MaxNumberOfTrainingJobs": GONE}, "ValidationException",
     "MaxNumberOfTrainingJobs is required"),
    # Definitions.
    ({DEFINITION: GONE}, "ValidationException", "either TrainingJobDefinition or"),
    ({f"{CONFIG}.HyperParameterTuningJobObjective": GONE}, "ValidationException", "objective"),
    ({f"{CONFIG}.HyperParameterTuningJobObjective.MetricName": "unknown"}, "ValidationException",
     "Provide a metric in the metric definitions."),
    ({f"{DEFINITION}.AlgorithmSpecification.TrainingImage": GONE}, "ValidationException",
     "either TrainingImage or AlgorithmName"),
    ({f"{DEFINITION}.AlgorithmSpecification.TrainingInputMode": "Pipe"}, "ValidationException",
     "Pipe is not supported"),
    ({f"{DEFINITION}.AlgorithmSpecification.MetricDefinitions": [
        *METRICS, {"Name": "bad", "Regex": "(unclosed"}]}, "ValidationException",
     "not a valid regular expression"),
    ({f"{DEFINITION}.AlgorithmSpecification.MetricDefinitions": [*METRICS, *METRICS]},
     "ValidationException", "unique"),
    ({f"{DEFINITION}.InputDataConfig": [channel("a", "s3://x/y"), channel("a", "s3://x/z")]},
     "ValidationException", "Channel names must be unique"),
    ({f"{DEFINITION}.InputDataConfig": [channel("a", "s3://x/y", "AugmentedManifestFile")]},
     "ValidationException", "AugmentedManifestFile"),
    ({f"{DEFINITION}.ResourceConfig": GONE}, "ValidationException", "ResourceConfig is required"),
    ({f"{DEFINITION}.HyperParameterTuningResourceConfig": {"InstanceType": "ml.m5.large"}},
     "ValidationException", "cannot both be specified"),
    ({f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 9}},
     "ValidationException", "only when EnableManagedSpotTraining is true"),
    ({f"{DEFINITION}.EnableManagedSpotTraining": True}, "ValidationException",
     "MaxWaitTimeInSeconds is required"),
    ({f"{DEFINITION}.EnableManagedSpotTraining": True,
      f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 8}},
     "ValidationException", "equal to or greater than"),
    ({f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 2419201}},
     "ValidationException", "2419200"),
    # Quotas.
    ({f"{LIMITS}.MaxParallelTrainingJobs": 11}, "ResourceLimitExceeded",
     "is 10 Training Jobs, with current utilization of 0 Training Jobs and a request delta of 11"),
    ({f"{CONFIG}.Strategy": "Bayesian", f"{LIMITS}.MaxNumberOfTrainingJobs": 751},
     "ResourceLimitExceeded", "is 750 Training Jobs"),
    ({f"{LIMITS}.MaxNumberOfTrainingJobs": 10001}, "ResourceLimitExceeded", "is 10000"),
    ({f"{DEFINITION}.ResourceConfig.InstanceType": "ml.m5.xlarge"}, "ResourceLimitExceeded",
     "The account-level service limit 'ml.m5.xlarge for training job usage' is 1 Instances, with "
     "current utilization of 0 Instances and a request delta of 2 Instances."),
    # Warm start.
    ({"WarmStartConfig": {"WarmStartType": "TransferLearning", "ParentHyperParameterTuningJobs": [
        {"HyperParameterTuningJobName": "nobody"}]}}, "ValidationException",
     "can't find a tuning job called nobody"),
    ({"WarmStartConfig": {"WarmStartType": "TransferLearning", "ParentHyperParameterTuningJobs": [
        {"HyperParameterTuningJobName": f"p{n}"} for n in range(6)]}}, "ValidationException",
     "Member must have length less than or equal to 5"),
]  # fmt: skip


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(
        Path(tmp_path_factory.mktemp("limited")),
        conditions={"quotas": {"instances": {"ml.m5.xlarge": 1}}},
        grace_seconds=1,
    )
    machine.start()
    yield machine
    machine.stop()


@pytest.mark.parametrize("number", range(len(GOOD_TUNING_JOBS)))
def test_good_tuning_jobs_are_accepted_and_described_as_sent(limited: Machine, number: int) -> None:
    changes = GOOD_TUNING_JOBS[number]
    request = changed(tuning_request(f"good-{number}", jobs=1), changes)
    status, answer = limited.raw("CreateHyperParameterTuningJob", request)
    assert status == 200, answer
    name = request["HyperParameterTuningJobName"]
    _, described = limited.raw(
        "DescribeHyperParameterTuningJob", {"HyperParameterTuningJobName": name}
    )
    assert described["HyperParameterTuningJobArn"] == answer["HyperParameterTuningJobArn"]
    for part in (CONFIG, DEFINITION):
        assert_contains(described[part], request[part], part)


def assert_contains(found: Any, sent: Any, path: str) -> None:
    if isinstance(sent, dict):
        for key, value in sent.items():
            if key != "HyperParameterTuningResourceConfig":
                assert_contains(found[key], value, f"{path}.{key}")
    else:
        assert found == sent, path


@pytest.mark.parametrize(("changes", "code", "message"), BAD_TUNING_JOBS)
def test_bad_tuning_jobs_are_refused_in_the_words_of_aws(
    limited: Machine, changes: dict[str, Any], code: str, message: str
) -> None:
    request = changed(tuning_request("bad"), changes)
    status, answer = limited.raw("CreateHyperParameterTuningJob", request)
    assert (status, answer["__type"]) == (400, code), answer
    assert message in answer["message"]
    assert (
        limited.raw("DescribeHyperParameterTuningJob", {"HyperParameterTuningJobName": "bad"})[0]
        == 400
    )


BAD_TRAINING_JOBS: list[tuple[dict[str, Any], str, str]] = [
    ({"TrainingJobName": "a" * 64}, "ValidationException", "less than or equal to 63"),
    ({"RoleArn": GONE}, "ValidationException", "Value null at 'roleArn'"),
    ({"AlgorithmSpecification": GONE}, "ValidationException", "AlgorithmSpecification"),
    ({"AlgorithmSpecification.AlgorithmName": "xgboost"}, "ValidationException", "but not both"),
    ({"ResourceConfig": GONE}, "ValidationException", "ResourceConfig is required"),
    ({"ResourceConfig.InstanceCount": GONE}, "ValidationException", "InstanceCount is required"),
    ({"StoppingCondition.MaxWaitTimeInSeconds": 600}, "ValidationException", "Spot"),
    ({"ResourceConfig.InstanceType": "ml.m5.xlarge", "ResourceConfig.InstanceCount": 2},
     "ResourceLimitExceeded", "request delta of 2 Instances"),
    ({"HyperParameters": {f"h{n}": "" for n in range(101)}}, "ValidationException", "100"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "message"), BAD_TRAINING_JOBS)
def test_bad_training_jobs_are_refused(
    limited: Machine, changes: dict[str, Any], code: str, message: str
) -> None:
    request = changed(training_request("bad"), changes)
    status, answer = limited.raw("CreateTrainingJob", request)
    assert (status, answer["__type"]) == (400, code), answer
    assert message in answer["message"]


@pytest.mark.parametrize(
    ("operation", "request_", "code", "message"),
    [
        ("DescribeHyperParameterTuningJob", {"HyperParameterTuningJobName": "no"},
         "ResourceNotFound", "Amazon SageMaker can't find a tuning job called no."),
        ("StopHyperParameterTuningJob", {"HyperParameterTuningJobName": "no"},
         "ResourceNotFound", "can't find"),
        ("ListTrainingJobsForHyperParameterTuningJob", {"HyperParameterTuningJobName": "no"},
         "ResourceNotFound", "can't find"),
        ("DescribeTrainingJob", {"TrainingJobName": "no"}, "ValidationException",
         "Requested resource not found."),
        ("StopTrainingJob", {"TrainingJobName": "no"}, "ValidationException",
         "Requested resource not found."),
        ("ListTrainingJobs", {"MaxResults": 101}, "ValidationException", "equal to 100"),
        ("ListTrainingJobs", {"NextToken": "x"}, "ValidationException", "NextToken"),
        ("ListTrainingJobs", {"CreationTimeAfter": "yesterday"}, "SerializationException", ""),
        ("ListTrainingJobs", {"CreationTimeAfter": 1e300}, "SerializationException", ""),
        ("Search", {"Resource": "Endpoint"}, "ValidationException", "not supported"),
        ("Search", {"Resource": "Nonsense"}, "ValidationException", "enum value set"),
        ("AddTags", {"ResourceArn": "nonsense", "Tags": []}, "ValidationException", "resourceArn"),
        # What deploys a model has no place here; the SDK's deploy() calls all three.
        ("CreateModel", {}, "UnknownOperationException", "CreateModel"),
        ("CreateEndpointConfig", {}, "UnknownOperationException", "CreateEndpointConfig"),
        ("CreateEndpoint", {}, "UnknownOperationException", "CreateEndpoint"),
        ("NoSuchOperation", {}, "UnknownOperationException", "NoSuchOperation"),
        ("ListTrainingJobs", b"{", "SerializationException", "not valid JSON"),
        ("ListTrainingJobs", b"[]", "SerializationException", "structure"),
        ("ListTrainingJobs", b'{"MaxResults": NaN}', "SerializationException", "NaN"),
        ("ListTrainingJobs", b'{"MaxResults": 1e999}', "SerializationException", "finite"),
        ("ListTrainingJobs", b'{"CreationTimeAfter": 1e999}', "SerializationException",
         "timestamp"),
        ("ListTrainingJobs", b"[" * 100_000, "SerializationException", "not valid JSON"),
        ("ListTrainingJobs", b"\xff\xfe", "SerializationException", "not valid JSON"),
    ],
)  # fmt: skip
def test_other_bad_requests(
    limited: Machine, operation: str, request_: Any, code: str, message: str
) -> None:
    status, answer = limited.raw(operation, request_)
    assert (status, answer["__type"]) == (400, code), answer
    assert message in answer["message"]


def test_a_name_is_taken_regardless_of_case(limited: Machine) -> None:
    limited.tune("taken", jobs=1)
    status, answer = limited.raw("CreateHyperParameterTuningJob", tuning_request("TAKEN"))
    assert (status, answer["__type"]) == (400, "ResourceInUse")
    assert answer["message"] == (
        "A hyperparameter tuning job with the name, TAKEN, already exists. Choose a different name."
    )
    limited.train("taken-too")
    status, answer = limited.raw("CreateTrainingJob", training_request("Taken-Too"))
    assert (status, answer["__type"]) == (400, "ResourceInUse")


WARM_STARTS: list[tuple[dict[str, Any], str]] = [
    ({f"{CONFIG}.HyperParameterTuningJobObjective.MetricName": "other"}, "must be the same as"),
    ({f"{CONFIG}.HyperParameterTuningJobObjective.Type": "Minimize"}, "must be the same as"),
    ({f"{DEFINITION}.StaticHyperParameters": {"more": "1"}}, "number of static and tunable"),
    ({f"{CONFIG}.ParameterRanges": {"IntegerParameterRanges": numeric("0", "1")}},
     "The type of the hyperparameter x"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), WARM_STARTS)
def test_a_warm_start_keeps_to_its_parents(
    limited: Machine, changes: dict[str, Any], message: str
) -> None:
    found = limited.raw("ListHyperParameterTuningJobs", {"NameContains": "rule-parent"})[1]
    if not found["HyperParameterTuningJobSummaries"]:
        limited.tune("rule-parent", jobs=1)
    parents = {
        "WarmStartType": "TransferLearning",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "rule-parent"}],
    }
    request = changed(tuning_request("bad-child", WarmStartConfig=parents), changes)
    status, answer = limited.raw("CreateHyperParameterTuningJob", request)
    assert (status, answer["__type"]) == (400, "ValidationException"), answer
    assert message in answer["message"]


def test_a_running_parent_is_refused(limited: Machine) -> None:
    limited.sagemaker.create_hyper_parameter_tuning_job(
        **tuning_request("running-parent", static={"behaviour": "wait"})
    )
    parents = {
        "WarmStartType": "TransferLearning",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "running-parent"}],
    }
    request = tuning_request("early-child", WarmStartConfig=parents)
    status, answer = limited.raw("CreateHyperParameterTuningJob", request)
    limited.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="running-parent")
    assert (status, answer["__type"]) == (400, "ValidationException")
    assert "terminal state" in answer["message"]
    limited.wait_for_tuning_job("running-parent")


def test_early_stopping_and_warm_start_are_for_single_definitions(limited: Machine) -> None:
    request = tuning_request("exclusive")
    definition = {
        **request.pop(DEFINITION),
        "DefinitionName": "a",
        "TuningObjective": request[CONFIG].pop("HyperParameterTuningJobObjective"),
        "HyperParameterRanges": request[CONFIG].pop("ParameterRanges"),
    }
    request["TrainingJobDefinitions"] = [definition, {**definition, "DefinitionName": "b"}]
    early = changed(request, {f"{CONFIG}.TrainingJobEarlyStoppingType": "Auto"})
    assert "Early stopping" in limited.raw("CreateHyperParameterTuningJob", early)[1]["message"]
    request["TrainingJobDefinitions"][1]["DefinitionName"] = "A"
    assert "unique" in limited.raw("CreateHyperParameterTuningJob", request)[1]["message"]
