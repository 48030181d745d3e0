"""The documented rules between the fields that plain and tuned training jobs share.

Features that the local AWS lacks (Pipe mode, file systems, marketplace algorithms) are rejected
here; settings without a meaning on a laptop are accepted and described.
"""

from __future__ import annotations

from typing import Any

import regex

from local_aws.sagemaker.errors import ValidationError, require

MAX_HYPERPARAMETERS = 100
MAX_RUNTIME_SECONDS = 28 * 24 * 3600
DEFAULT_RUNTIME_SECONDS = 24 * 3600


def check_training_job(request: dict[str, Any]) -> None:
    """Reject a CreateTrainingJob request that breaks a rule; set AWS's defaults."""
    require("AlgorithmSpecification" in request, "AlgorithmSpecification is required.")
    request.setdefault("StoppingCondition", {})
    check_training(request)
    set_flags(request)


def check_training(content: dict[str, Any]) -> None:
    """Check what a training job and a training job definition share."""
    algorithm = content["AlgorithmSpecification"]
    _check_algorithm(algorithm)
    _check_metrics(algorithm.get("MetricDefinitions") or [])
    _check_channels(content)
    _check_resources(content.get("ResourceConfig"))
    _check_stopping(content)
    require(
        content["OutputDataConfig"].get("CompressionType", "GZIP") == "GZIP",
        "CompressionType NONE is not supported by the local SageMaker; use GZIP.",
    )


def set_flags(content: dict[str, Any]) -> None:
    """Set absent switches to AWS's defaults."""
    for flag in (
        "EnableNetworkIsolation",
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
    ):
        content.setdefault(flag, False)


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


def _check_algorithm(specification: dict[str, Any]) -> None:
    """Allow exactly a training image, in a mode that puts files into folders."""
    image, algorithm = specification.get("TrainingImage"), specification.get("AlgorithmName")
    require(
        bool(image) != bool(algorithm),
        "You must specify either TrainingImage or AlgorithmName in the AlgorithmSpecification, but "
        "not both.",
    )
    require(
        not algorithm,
        f"AlgorithmName '{algorithm}' is not supported by the local SageMaker; specify a "
        "TrainingImage.",
    )
    _check_input_mode(specification["TrainingInputMode"])


def _check_metrics(definitions: list[dict[str, str]]) -> None:
    """Allow metric definitions with distinct names and regular expressions that compile."""
    names = [definition["Name"] for definition in definitions]
    require(len(set(names)) == len(names), "The names of metric definitions must be unique.")
    for definition in definitions:
        try:
            pattern = regex.compile(definition["Regex"])
        except regex.error as error:
            raise ValidationError(
                f"The Regex of the metric {definition['Name']} is not a valid regular expression: "
                f"{error}."
            ) from None
        require(
            pattern.groups >= 1,
            f"The Regex of the metric {definition['Name']} has no group that captures the value.",
        )


def _check_channels(content: dict[str, Any]) -> None:
    """Allow channels with distinct names that read from S3, by prefix."""
    channels = content.get("InputDataConfig") or []
    names = [channel["ChannelName"] for channel in channels]
    require(len(set(names)) == len(names), "Channel names must be unique.")
    for channel in channels:
        name, sources = channel["ChannelName"], channel["DataSource"]
        require(len(sources) == 1, f"The channel {name} must have exactly one data source.")
        source = sources.get("S3DataSource")
        require(
            source is not None,
            f"The channel {name} reads from a {next(iter(sources))}, which the local SageMaker "
            "does not support; use an S3DataSource.",
        )
        require(
            source["S3DataType"] == "S3Prefix",
            f"The S3DataType {source['S3DataType']} of the channel {name} is not supported by the "
            "local SageMaker; use S3Prefix.",
        )
        _check_input_mode(channel.get("InputMode", "File"))


def _check_resources(resources: dict[str, Any] | None) -> None:
    """Require a machine of one type."""
    require(resources is not None, "ResourceConfig is required.")
    resources = resources or {}
    require(
        not resources.get("InstanceGroups"),
        "InstanceGroups are not supported by the local SageMaker; specify InstanceType and "
        "InstanceCount.",
    )
    for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
        require(bool(resources.get(name)), f"{name} is required in the ResourceConfig.")


def _check_stopping(content: dict[str, Any]) -> None:
    """Keep the runtime below AWS's maximum and the waiting time of spot jobs above the runtime."""
    stopping = content["StoppingCondition"]
    runtime = stopping.setdefault("MaxRuntimeInSeconds", DEFAULT_RUNTIME_SECONDS)
    waiting = stopping.get("MaxWaitTimeInSeconds")
    require(
        runtime <= MAX_RUNTIME_SECONDS,
        f"MaxRuntimeInSeconds ({runtime}) must not be greater than {MAX_RUNTIME_SECONDS}.",
    )
    if not content.get("EnableManagedSpotTraining"):
        require(
            waiting is None,
            "MaxWaitTimeInSeconds can be specified only when EnableManagedSpotTraining is true.",
        )
        return
    require(
        waiting is not None,
        "MaxWaitTimeInSeconds is required when EnableManagedSpotTraining is true.",
    )
    require(
        waiting is not None and waiting >= runtime,
        f"MaxWaitTimeInSeconds ({waiting}) must be equal to or greater than MaxRuntimeInSeconds "
        f"({runtime}).",
    )


def _check_input_mode(mode: str) -> None:
    require(
        mode != "Pipe",
        "TrainingInputMode Pipe is not supported by the local SageMaker; use File or FastFile.",
    )
