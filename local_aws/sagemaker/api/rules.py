"""The documented rules between the fields of CreateTrainingJob and CreateHyperParameterTuningJob.

They come after the service model's constraints and before anything starts. Features that the local
AWS lacks are rejected here; settings without a meaning on a laptop are accepted and described.
"""

from __future__ import annotations

from typing import Any

from local_aws.sagemaker.errors import ValidationError, require
from local_aws.sagemaker.search.definition import CategoricalRange, Definition

MAX_RANGES = 30
MAX_HYPERPARAMETERS = 100
MAX_RUNTIME_SECONDS = 28 * 24 * 3600
DEFAULT_RUNTIME_SECONDS = 24 * 3600

_UNSUPPORTED = "is not supported by the local SageMaker"


def check_training_job(request: dict[str, Any]) -> None:
    """Reject a CreateTrainingJob request that breaks a rule; set AWS's defaults."""
    require("AlgorithmSpecification" in request, "AlgorithmSpecification is required.")
    request.setdefault("StoppingCondition", {})
    _check_training(request)


def check_tuning_job(request: dict[str, Any]) -> Definition:
    """Reject a request that breaks a rule; set AWS's defaults; return its definition."""
    config, content = request["HyperParameterTuningJobConfig"], request.get("TrainingJobDefinition")
    for member in ("TrainingJobDefinitions", "Autotune"):
        require(member not in request, f"{member} {_UNSUPPORTED}.")
    if content is None:
        raise ValidationError("A TrainingJobDefinition is required.")
    for member in ("HyperParameterRanges", "TuningObjective"):
        require(member not in content, f"{member} of a TrainingJobDefinition {_UNSUPPORTED}.")
    require("HyperParameterTuningJobObjective" in config, "A tuning objective must be specified.")
    config.setdefault("TrainingJobEarlyStoppingType", "Off")
    ranges = config.setdefault("ParameterRanges", {})
    for kind in ("Integer", "Continuous", "Categorical"):
        ranges.setdefault(f"{kind}ParameterRanges", [])
    require("AutoParameters" not in ranges, f"AutoParameters {_UNSUPPORTED}.")
    _set_resources(content)
    definition = Definition.of(request)
    _check_definition(definition, config["Strategy"])
    _check_training(content)
    _check_strategy(config)
    _check_number_of_jobs(config, definition)
    return definition


def check_tags(tags: list[dict[str, str]]) -> dict[str, str]:
    """Reject keys that are reserved for AWS; return the tags as a map.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    for tag in tags:
        require(
            not tag["Key"].lower().startswith("aws:"),
            f"The tag key '{tag['Key']}' begins with aws:, which is reserved for AWS.",
        )
    return {tag["Key"]: tag["Value"] for tag in tags}


def _check_training(content: dict[str, Any]) -> None:
    """Check the members that a training job and a training job definition share."""
    algorithm = content["AlgorithmSpecification"]
    require(
        "TrainingImage" in algorithm and "AlgorithmName" not in algorithm,
        f"A TrainingImage is required; an AlgorithmName {_UNSUPPORTED}.",
    )
    require(algorithm["TrainingInputMode"] != "Pipe", f"TrainingInputMode Pipe {_UNSUPPORTED}.")
    _check_channels(content.get("InputDataConfig") or [])
    resources = content.get("ResourceConfig") or {}
    for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
        require(bool(resources.get(name)), f"{name} is required in the ResourceConfig.")
    for flag in (
        "EnableNetworkIsolation",
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
    ):
        content.setdefault(flag, False)
    _check_stopping(content["StoppingCondition"], is_spot=content["EnableManagedSpotTraining"])
    compression = content["OutputDataConfig"].get("CompressionType", "GZIP")
    require(compression == "GZIP", f"CompressionType {compression} {_UNSUPPORTED}.")


def _check_channels(channels: list[dict[str, Any]]) -> None:
    """Allow channels that read from S3, by prefix."""
    for channel in channels:
        source = channel["DataSource"].get("S3DataSource")
        if source is None:
            raise ValidationError(f"A channel without an S3DataSource {_UNSUPPORTED}.")
        data_type = source["S3DataType"]
        require(data_type == "S3Prefix", f"The S3DataType {data_type} {_UNSUPPORTED}.")
        require(channel.get("InputMode") != "Pipe", f"InputMode Pipe {_UNSUPPORTED}.")


def _check_stopping(stopping: dict[str, Any], *, is_spot: bool) -> None:
    """Keep the runtime below AWS's maximum and the waiting time of spot jobs above the runtime."""
    runtime = stopping.setdefault("MaxRuntimeInSeconds", DEFAULT_RUNTIME_SECONDS)
    waiting = stopping.get("MaxWaitTimeInSeconds")
    require(
        runtime <= MAX_RUNTIME_SECONDS,
        f"MaxRuntimeInSeconds ({runtime}) must not be greater than {MAX_RUNTIME_SECONDS}.",
    )
    require(
        (waiting is not None) == is_spot,
        "MaxWaitTimeInSeconds must be specified if and only if EnableManagedSpotTraining is true.",
    )
    require(
        waiting is None or waiting >= runtime,
        f"MaxWaitTimeInSeconds ({waiting}) must be equal to or greater than MaxRuntimeInSeconds "
        f"({runtime}).",
    )


def _set_resources(content: dict[str, Any]) -> None:
    """Set ResourceConfig to the first instance of HyperParameterTuningResourceConfig.

    An attached tuner of SDK 2 sends the latter, and reads ResourceConfig all the same.
    """
    tuning = content.get("HyperParameterTuningResourceConfig")
    if tuning is not None:
        chosen = {**tuning, **(tuning.get("InstanceConfigs") or [{}])[0]}
        names = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
        content["ResourceConfig"] = {name: chosen[name] for name in names if name in chosen}


def _check_definition(definition: Definition, strategy: str) -> None:
    content, names = definition.content, [item.name for item in definition.ranges]
    require(
        bool(names),
        "A hyperparameter tuning job must have at least one hyperparameter range to search.",
    )
    require(
        len(names) <= MAX_RANGES,
        f"The number of hyperparameters to search is {len(names)}; the maximum is {MAX_RANGES}.",
    )
    conflicting = sorted(set(names) & set(content.get("StaticHyperParameters", {})))
    require(
        not conflicting,
        f"Hyperparameters cannot be both static and tunable: {', '.join(conflicting)}.",
    )
    count = len(names) + len(definition.static)
    require(
        count <= MAX_HYPERPARAMETERS,
        f"The number of static and tunable hyperparameters, with SageMaker's own, is {count}; the "
        f"maximum is {MAX_HYPERPARAMETERS}.",
    )
    require(
        strategy != "Grid" or all(isinstance(item, CategoricalRange) for item in definition.ranges),
        "Grid search supports only categorical hyperparameters.",
    )
    metrics = content["AlgorithmSpecification"].get("MetricDefinitions") or []
    require(
        definition.metric in (metric["Name"] for metric in metrics),
        "A metric is required for this hyperparameter tuning job objective. Provide a metric in "
        "the metric definitions.",
    )


def _check_strategy(config: dict[str, Any]) -> None:
    if config["Strategy"] != "Hyperband":
        return
    require(
        config["TrainingJobEarlyStoppingType"] == "Off",
        "TrainingJobEarlyStoppingType must be Off when the strategy is Hyperband.",
    )
    resource = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
    require("MaxResource" in resource, "MaxResource is required in the HyperbandStrategyConfig.")
    resource.setdefault("MinResource", 1)


def _check_number_of_jobs(config: dict[str, Any], definition: Definition) -> None:
    limits = config["ResourceLimits"]
    requested = limits.get("MaxNumberOfTrainingJobs")
    if config["Strategy"] == "Grid":
        size = definition.grid_size
        require(
            requested in (None, size),
            f"MaxNumberOfTrainingJobs ({requested}) must be absent or equal to the number of "
            f"combinations of the grid ({size}).",
        )
        limits["MaxNumberOfTrainingJobs"] = size
        return
    is_bounded = "MaxRuntimeInSeconds" in limits or config.get("TuningJobCompletionCriteria")
    require(
        requested is not None or bool(is_bounded),
        "MaxNumberOfTrainingJobs is required unless the tuning job is bounded by "
        "MaxRuntimeInSeconds or by TuningJobCompletionCriteria.",
    )
