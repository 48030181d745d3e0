"""The documented rules between the fields of CreateHyperParameterTuningJob.

They come after the service model's constraints and before anything starts. `check_tuning_job`
is the whole list; what the definition shares with a plain training job is in `training_rules.py`.
"""

from __future__ import annotations

from typing import Any

from local_aws.sagemaker.api.training_rules import (
    MAX_HYPERPARAMETERS,
    check_training,
    set_flags,
)
from local_aws.sagemaker.errors import require
from local_aws.sagemaker.search.definition import CategoricalRange, Definition

MAX_RANGES = 30
MAX_HYPERBAND_RESOURCE = 20_000


def check_tuning_job(request: dict[str, Any]) -> Definition:
    """Reject a request that breaks a rule; set AWS's defaults; return its definition."""
    _check_shape(request)
    config = request["HyperParameterTuningJobConfig"]
    _fill_in(config, request["TrainingJobDefinition"])
    definition = Definition.of(request)
    _check_definition(definition, config["Strategy"])
    _check_strategy(config)
    _check_number_of_jobs(config, definition)
    return definition


def _check_shape(request: dict[str, Any]) -> None:
    config = request["HyperParameterTuningJobConfig"]
    definition = request.get("TrainingJobDefinition")
    definitions = request.get("TrainingJobDefinitions")
    require(
        (definition is None) != (definitions is None),
        "You must specify either TrainingJobDefinition or TrainingJobDefinitions, but not both.",
    )
    require(
        definitions is None,
        "TrainingJobDefinitions are not supported by the local SageMaker; specify one "
        "TrainingJobDefinition.",
    )
    require(
        "Autotune" not in request and not config.get("ParameterRanges", {}).get("AutoParameters"),
        "Autotune is not supported by the local SageMaker; specify ParameterRanges.",
    )
    require(
        not {"HyperParameterRanges", "TuningObjective"} & (definition or {}).keys(),
        "HyperParameterRanges and TuningObjective, which belong to TrainingJobDefinitions, are not "
        "supported by the local SageMaker; specify ParameterRanges and "
        "HyperParameterTuningJobObjective.",
    )
    require("HyperParameterTuningJobObjective" in config, "A tuning objective must be specified.")


def _fill_in(config: dict[str, Any], content: dict[str, Any]) -> None:
    config.setdefault("TrainingJobEarlyStoppingType", "Off")
    ranges = config.setdefault("ParameterRanges", {})
    for kind in ("Integer", "Continuous", "Categorical"):
        ranges.setdefault(f"{kind}ParameterRanges", [])
    set_flags(content)
    tuning = content.get("HyperParameterTuningResourceConfig")
    require(
        tuning is None or "ResourceConfig" not in content,
        "ResourceConfig and HyperParameterTuningResourceConfig cannot both be specified.",
    )
    if tuning is not None:
        # An attached tuner of SDK 2 sends it, and reads ResourceConfig all the same.
        chosen = {**tuning, **(tuning.get("InstanceConfigs") or [{}])[0]}
        names = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
        content["ResourceConfig"] = {name: chosen[name] for name in names if name in chosen}


def _check_definition(definition: Definition, strategy: str) -> None:
    content, names = definition.content, [item.name for item in definition.ranges]
    require(
        bool(names),
        "A hyperparameter tuning job must have at least one hyperparameter range to search.",
    )
    require(len(set(names)) == len(names), "The names of hyperparameter ranges must be unique.")
    require(
        len(names) <= MAX_RANGES,
        f"The number of hyperparameters to search is {len(names)}; the maximum is {MAX_RANGES}.",
    )
    conflicting = sorted(set(names) & set(content.get("StaticHyperParameters", {})))
    require(
        not conflicting,
        f"Hyperparameters cannot be both static and tunable: {', '.join(conflicting)}.",
    )
    require(
        len(names) + len(definition.static) <= MAX_HYPERPARAMETERS,
        f"The number of static and tunable hyperparameters, with SageMaker's own, is "
        f"{len(names) + len(definition.static)}; the maximum is {MAX_HYPERPARAMETERS}.",
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
    check_training(content)


def _check_strategy(config: dict[str, Any]) -> None:
    require(
        config["Strategy"] == "Hyperband" or "StrategyConfig" not in config,
        "StrategyConfig can be specified only when the strategy is Hyperband.",
    )
    if config["Strategy"] != "Hyperband":
        return
    require(
        config["TrainingJobEarlyStoppingType"] == "Off",
        "TrainingJobEarlyStoppingType must be Off when the strategy is Hyperband: Hyperband has an "
        "early stopping of its own.",
    )
    chosen = config.setdefault("StrategyConfig", {}).setdefault("HyperbandStrategyConfig", {})
    require(
        "MaxResource" in chosen,
        "MaxResource is not inferred from hyperparameters by the local SageMaker; specify it in "
        "the HyperbandStrategyConfig.",
    )
    chosen.setdefault("MinResource", 1)
    require(
        chosen["MinResource"] <= chosen["MaxResource"] <= MAX_HYPERBAND_RESOURCE,
        f"MinResource ({chosen['MinResource']}) must not be greater than MaxResource "
        f"({chosen['MaxResource']}), and that not greater than {MAX_HYPERBAND_RESOURCE}.",
    )


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
    bounded = "MaxRuntimeInSeconds" in limits or config.get("TuningJobCompletionCriteria")
    require(
        requested is not None or bool(bounded),
        "MaxNumberOfTrainingJobs is required unless the tuning job is bounded by "
        "MaxRuntimeInSeconds or by TuningJobCompletionCriteria.",
    )
