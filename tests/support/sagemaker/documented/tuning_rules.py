"""CreateHyperParameterTuningJob: rules between fields, quotas, values of wrong types."""

from __future__ import annotations

from typing import Any

from tests.support.sagemaker.documented.rows import (
    EARLY_STOPPING,
    GONE,
    JSON_PROTOCOL,
    LIMITS_PAGE,
    METRICS_PAGE,
    OURS,
    QUOTAS,
    RANGES,
    SEVERAL,
    SPOT,
    STRATEGIES,
    TAGS,
    WARM_START,
    Row,
    numeric,
    reference,
)
from tests.support.sagemaker.documented.tuning_jobs import (
    ALGORITHM,
    CONFIG,
    CONTINUOUS,
    DEFINITION,
    LIMITS,
    NAME,
    RANGES_OF,
    bad,
)
from tests.support.sagemaker.machine import METRICS, categorical, channel, continuous, definition


def several(*names: str, **more: Any) -> dict[str, Any]:
    """Change a request to several definitions."""
    content = {
        **definition(),
        "TuningObjective": {"Type": "Maximize", "MetricName": "objective"},
        "HyperParameterRanges": continuous(),
        **more,
    }
    return {
        DEFINITION: GONE,
        f"{CONFIG}.HyperParameterTuningJobObjective": GONE,
        RANGES_OF: GONE,
        "TrainingJobDefinitions": [{**content, "DefinitionName": name} for name in names],
    }


def parents(*names: str, kind: str = "TransferLearning") -> dict[str, Any]:
    """Make a WarmStartConfig."""
    return {
        "WarmStartType": kind,
        "ParentHyperParameterTuningJobs": [{NAME: name} for name in names],
    }


RULES = [
    *bad(RANGES,
        ({CONTINUOUS: numeric("2", "1")}, "must not be greater than"),
        ({CONTINUOUS: numeric("zero", "1")}, "'zero'"),
        ({CONTINUOUS: numeric("nan", "1")}, "'nan'"),
        ({CONTINUOUS: numeric("0", "inf")}, "'inf'"),
        ({CONTINUOUS: numeric("0", "1_0")}, "'1_0'"),
        ({CONTINUOUS: numeric("", "1")}, "''"),
        ({CONTINUOUS: numeric("0", "1", "Logarithmic")}, "greater than 0"),
        ({CONTINUOUS: numeric("0.5", "1", "ReverseLogarithmic")}, "0 <= x < 1"),
        ({CONTINUOUS: numeric("-0.1", "0.5", "ReverseLogarithmic")}, "0 <= x"),
        ({RANGES_OF: {"IntegerParameterRanges": numeric("1.5", "2")}},
         "'1.5' of the hyperparameter x is not a valid integer value"),
        ({RANGES_OF: {"IntegerParameterRanges": numeric("0", "1", "ReverseLogarithmic")}},
         "continuous ranges"),
        ({RANGES_OF: {"IntegerParameterRanges": numeric("0", "9", "Logarithmic")}},
         "greater than 0"),
        ({CONTINUOUS: numeric("0", "1") * 2}, "unique"),
        ({CONTINUOUS: [*numeric("0", "1"), *numeric("0", "1", name="y")],
          f"{DEFINITION}.StaticHyperParameters": {"y": "1"}}, "both static and tunable: y"),
        ({RANGES_OF: {}}, "at least one hyperparameter"),
        ({RANGES_OF: categorical(x=["a", "a"])}, "distinct"),
    ),
    *bad(LIMITS_PAGE,
        ({RANGES_OF: {**continuous(), "IntegerParameterRanges": [
            numeric("0", "1", name=f"i{n}")[0] for n in range(30)]}}, "the maximum is 30"),
        ({f"{DEFINITION}.StaticHyperParameters": {f"h{n}": "" for n in range(99)}},
         "the maximum is 100"),
    ),
    *bad(STRATEGIES,
        ({f"{CONFIG}.Strategy": "Grid"}, "only categorical"),
        ({f"{CONFIG}.Strategy": "Grid", RANGES_OF: categorical(x=["1", "2"])},
         "equal to the number of combinations of the grid (2)"),
        ({f"{CONFIG}.Strategy": "Hyperband"},
         "MaxResource parameter is not provided and could not be inferred"),
    ),
    *bad(reference("HyperbandStrategyConfig"),
        ({f"{CONFIG}.Strategy": "Hyperband", f"{CONFIG}.StrategyConfig": {
            "HyperbandStrategyConfig": {"MinResource": 3, "MaxResource": 2}}}, "MinResource (3)"),
        ({f"{CONFIG}.Strategy": "Hyperband", f"{CONFIG}.StrategyConfig": {
            "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 20001}}}, "20000"),
    ),
    *bad(reference("HyperParameterTuningJobStrategyConfig"),
        ({f"{CONFIG}.Strategy": "Hyperband", f"{CONFIG}.TrainingJobEarlyStoppingType": "Auto",
          f"{DEFINITION}.StaticHyperParameters": {"epochs": "2"}}, "Off"),
        ({f"{CONFIG}.StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 2}}},
         "only when the strategy is Hyperband"),
    ),
    *bad(reference("ResourceLimits"),
        ({f"{LIMITS}.MaxNumberOfTrainingJobs": GONE}, "MaxNumberOfTrainingJobs is required")),
    *bad(reference("CreateHyperParameterTuningJob"),
        ({DEFINITION: GONE}, "either TrainingJobDefinition or"),
        ({"TrainingJobDefinitions": [{**definition(), "DefinitionName": "too"}]}, "but not both"),
        ({f"{CONFIG}.HyperParameterTuningJobObjective": GONE}, "objective"),
        ({f"{DEFINITION}.HyperParameterRanges": continuous()}, "cannot both be specified"),
    ),
    *bad(SEVERAL,
        (several("a", "A"), "must be unique"),
        ({**several("a"), "TrainingJobDefinitions": [definition()]}, "must have a DefinitionName"),
        ({**several("a", "b"), RANGES_OF: continuous()},
         "HyperParameterRanges and TuningObjective"),
        (several("a", "b", TuningObjective={"Type": "Maximize", "MetricName": "unknown"}),
         "Provide a metric in the metric definitions."),
    ),
    *bad(EARLY_STOPPING,
        ({**several("a", "b"), f"{CONFIG}.TrainingJobEarlyStoppingType": "Auto"},
         "Early stopping")),
    *bad(METRICS_PAGE,
        ({f"{CONFIG}.HyperParameterTuningJobObjective.MetricName": "unknown"},
         "Provide a metric in the metric definitions."),
        ({f"{ALGORITHM}.MetricDefinitions": [*METRICS, {"Name": "bad", "Regex": "(unclosed"}]},
         "not a valid regular expression"),
        ({f"{ALGORITHM}.MetricDefinitions": [*METRICS, {"Name": "bad", "Regex": "no group"}]},
         "no group"),
        ({f"{ALGORITHM}.MetricDefinitions": [*METRICS, *METRICS]}, "unique"),
    ),
    *bad(reference("HyperParameterAlgorithmSpecification"),
        ({f"{ALGORITHM}.TrainingImage": GONE}, "either TrainingImage or AlgorithmName"),
        ({f"{ALGORITHM}.AlgorithmName": "xgboost"}, "but not both"),
    ),
    *bad(reference("Channel"),
        ({f"{DEFINITION}.InputDataConfig": [channel("a", "s3://x/y"), channel("a", "s3://x/z")]},
         "Channel names must be unique")),
    *bad(reference("DataSource"),
        ({f"{DEFINITION}.InputDataConfig": [{"ChannelName": "a", "DataSource": {}}]},
         "exactly one data source")),
    *bad(reference("HyperParameterTrainingJobDefinition"),
        ({f"{DEFINITION}.ResourceConfig": GONE}, "ResourceConfig is required"),
        ({f"{DEFINITION}.HyperParameterTuningResourceConfig": {"InstanceType": "ml.m5.large"}},
         "cannot both be specified"),
    ),
    *bad(SPOT,
        ({f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 9}},
         "only when EnableManagedSpotTraining is true"),
        ({f"{DEFINITION}.EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds is required"),
        ({f"{DEFINITION}.EnableManagedSpotTraining": True, f"{DEFINITION}.StoppingCondition": {
            "MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 8}}, "equal to or greater than"),
    ),
    *bad(reference("StoppingCondition"),
        ({f"{DEFINITION}.StoppingCondition": {"MaxRuntimeInSeconds": 2419201}}, "2419200")),
    *bad(WARM_START,
        ({"WarmStartConfig": parents("nobody")}, "can't find a tuning job called nobody"),
        ({**several("a", "b"), "WarmStartConfig": parents("nobody")},
         "Warm start is not supported"),
    ),
    *bad(TAGS, ({"Tags": [{"Key": "aws:mine", "Value": ""}]}, "aws:")),
    # Refused here only.
    *bad(OURS,
        ({f"{ALGORITHM}.TrainingInputMode": "Pipe"}, "Pipe is not supported"),
        ({f"{DEFINITION}.InputDataConfig": [channel("a", "s3://x/y", "AugmentedManifestFile")]},
         "AugmentedManifestFile"),
        ({f"{ALGORITHM}.TrainingImage": GONE, f"{ALGORITHM}.AlgorithmName": "xgboost"},
         "not supported by the local SageMaker"),
        ({"Strategie": "Bayesian"}, "Unknown parameter 'Strategie' at 'input'"),
        ({f"{CONFIG}.Seed": 1}, "Unknown parameter 'Seed' at 'hyperParameterTuningJobConfig'"),
    ),
]  # fmt: skip

QUOTA_ROWS = [
    *bad(QUOTAS,
        ({f"{LIMITS}.MaxParallelTrainingJobs": 11}, "is 10 Training Jobs, with current utilization "
         "of 0 Training Jobs and a request delta of 11"),
        ({f"{CONFIG}.Strategy": "Bayesian", f"{LIMITS}.MaxNumberOfTrainingJobs": 751},
         "is 750 Training Jobs"),
        ({f"{LIMITS}.MaxNumberOfTrainingJobs": 10001}, "is 10000"),
        ({f"{DEFINITION}.ResourceConfig.InstanceType": "ml.m5.xlarge"},
         "The account-level service limit 'ml.m5.xlarge for training job usage' is 1 Instances, "
         "with current utilization of 0 Instances and a request delta of 2 Instances."),
        code="ResourceLimitExceeded"),
]  # fmt: skip

WRONG_TYPES: list[Row] = bad(
    JSON_PROTOCOL,
    ({f"{LIMITS}.MaxParallelTrainingJobs": "two"}, ""),
    ({f"{LIMITS}.MaxParallelTrainingJobs": 1.5}, ""),
    ({f"{LIMITS}.MaxParallelTrainingJobs": True}, ""),
    ({"Tags": {"Key": "k"}}, ""),
    ({CONFIG: []}, ""),
    ({f"{DEFINITION}.EnableNetworkIsolation": "yes"}, ""),
    ({f"{DEFINITION}.StaticHyperParameters": {"number": 1}}, ""),
    ({f"{CONFIG}.TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": "high"}}, ""),
    code="SerializationException",
)

BAD = [*RULES, *QUOTA_ROWS, *WRONG_TYPES]
