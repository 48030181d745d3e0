"""What every training job of a run gets, tuned or Confirm: data, machine, network, limits, tags.

The parts of a request that do not depend on the kind of job; `job_requests` puts them together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tunedrop import keys
from tunedrop.environment import StartJobEnvironment
from tunedrop.running.next_attempt import AttemptSettings
from tunedrop_common.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.literals import TrainingInstanceTypeType
    from mypy_boto3_sagemaker.type_defs import (
        ChannelTypeDef,
        HyperParameterTrainingJobDefinitionTypeDef,
        MetricDefinitionTypeDef,
        OutputDataConfigTypeDef,
        ResourceConfigTypeDef,
        StoppingConditionTypeDef,
        TagTypeDef,
    )

DATASET_TAG = "tunedrop:dataset"
RUN_TAG = "tunedrop:run"
EXECUTION_TAG = "tunedrop:execution"

# For SageMaker's own failures (InternalServerError) only, never for those of the training code.
RETRY_ATTEMPTS = 2

# How long a spot job may wait for a machine, on top of its runtime.
SPOT_PATIENCE_SECONDS = 3600

# A number, as Python's repr writes it, up to the semicolon after it (docs/training-container.md).
_VALUE = r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?);"
# Local disks encrypt themselves and refuse a key: types with a d (r5d, g4dn), and GPU families.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
_LOCAL_DISK = re.compile(r"ml\.(?:[a-z]+\d+[a-z]*d[a-z]*|g[5-9]\w*|p[4-9][\w-]*|trn\d\w*)\.")

# Values of each fold's line, beside the metrics; folds_done is how far a training job has come.
FOLDS_DONE = "folds_done"
_PRINTED = ("fold_spread", "fit_seconds", "score_seconds", FOLDS_DONE)


def training(
    plan: Plan, deployment: StartJobEnvironment, settings: AttemptSettings, seconds: int
) -> HyperParameterTrainingJobDefinitionTypeDef:
    """Return what the requests of both kinds of job have in common; each may run for `seconds`."""
    request: HyperParameterTrainingJobDefinitionTypeDef = {
        "AlgorithmSpecification": {
            "TrainingImage": plan.image,
            "TrainingInputMode": "File",
            "MetricDefinitions": metric_definitions(plan),
        },
        "RoleArn": deployment.training_role_arn,
        "InputDataConfig": _channels(plan, deployment),
        "OutputDataConfig": _output(plan, deployment),
        "ResourceConfig": _machine(plan, deployment, settings),
        "StoppingCondition": _stopping_condition(settings, seconds),
        "EnableNetworkIsolation": deployment.network.isolation,
        "EnableInterContainerTrafficEncryption": deployment.network.encrypt_traffic,
        "EnableManagedSpotTraining": settings.spot,
        "RetryStrategy": {"MaximumRetryAttempts": RETRY_ATTEMPTS},
    }
    if deployment.network.subnets:
        request["VpcConfig"] = {
            "Subnets": list(deployment.network.subnets),
            "SecurityGroupIds": list(deployment.network.security_groups),
        }
    return request


def _channels(plan: Plan, deployment: StartJobEnvironment) -> list[ChannelTypeDef]:
    """Return the channels: the plan, the rows to learn from, and the test file if there is one."""
    plan_key = keys.plan(plan.dataset, plan.run_id)
    channels = [
        _channel("plan", f"s3://{deployment.bucket}/{plan_key}"),
        _channel("train", plan.data.train.uri),
    ]
    if plan.final_test.kind == "file" and plan.data.test is not None:
        channels.append(_channel("test", plan.data.test.uri))
    return channels


def _channel(name: str, uri: str) -> ChannelTypeDef:
    return {
        "ChannelName": name,
        "InputMode": "File",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": uri,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


def _output(plan: Plan, deployment: StartJobEnvironment) -> OutputDataConfigTypeDef:
    """Return where SageMaker puts a job's own output."""
    folder = keys.training_folder(plan.dataset, plan.run_id)
    config: OutputDataConfigTypeDef = {"S3OutputPath": f"s3://{deployment.bucket}/{folder}"}
    if deployment.kms_key_arn:
        config["KmsKeyId"] = deployment.kms_key_arn
    return config


def _machine(
    plan: Plan, deployment: StartJobEnvironment, settings: AttemptSettings
) -> ResourceConfigTypeDef:
    """Return the one machine of a training job."""
    # The settings decide which types there are, and SageMaker itself refuses an unknown one.
    instance_type: TrainingInstanceTypeType = settings.type  # type: ignore[assignment]
    config: ResourceConfigTypeDef = {
        "InstanceType": instance_type,
        "InstanceCount": 1,
        "VolumeSizeInGB": plan.instance.volume_gb,
    }
    if deployment.kms_key_arn and not _LOCAL_DISK.match(settings.type):
        config["VolumeKmsKeyId"] = deployment.kms_key_arn
    return config


def _stopping_condition(settings: AttemptSettings, seconds: int) -> StoppingConditionTypeDef:
    """Return how long a training job may run and, on spot, wait for a machine."""
    if settings.spot:
        return {
            "MaxRuntimeInSeconds": seconds,
            "MaxWaitTimeInSeconds": seconds + SPOT_PATIENCE_SECONDS,
        }
    return {"MaxRuntimeInSeconds": seconds}


def tags(plan: Plan, deployment: StartJobEnvironment, execution: str) -> list[TagTypeDef]:
    """Return the deployment's tags and ours, which say whose job it is."""
    values = {
        **deployment.tags,
        DATASET_TAG: plan.dataset,
        RUN_TAG: plan.run_id,
        EXECUTION_TAG: execution,
    }
    return [{"Key": key, "Value": value} for key, value in values.items()]


def metric_definitions(plan: Plan) -> list[MetricDefinitionTypeDef]:
    """Return what SageMaker reads out of a training job's log: metrics, seconds, folds."""
    definitions: list[MetricDefinitionTypeDef] = [
        {"Name": f"validation:{scorer}", "Regex": f"validation:{re.escape(scorer)}={_VALUE}"}
        for scorer in plan.metric.names
    ]
    return definitions + [{"Name": name, "Regex": f"{name}={_VALUE}"} for name in _PRINTED]
