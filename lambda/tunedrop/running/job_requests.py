"""Requests to SageMaker: the exact arguments of the create calls, from a run's plan.

Pure. StartJob writes the result to `jobs/<attempt>.request.json` and sends it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from tunedrop import keys
from tunedrop.environment import StartJobEnvironment
from tunedrop.running.next_attempt import AttemptSettings
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Plan, TuningJobPlan

# Checked against SageMaker's service model by tests.
Request = dict[str, Any]

JOB_HYPERPARAMETER = "tunedrop_job"
ESTIMATOR_HYPERPARAMETER = "tunedrop_estimator"
# Followed by an estimator's key.
TUNED_HYPERPARAMETER = "tunedrop_tuned_"

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


@dataclass(frozen=True)
class ScoredJob:
    """The best training job of an estimator's tuning job: its tuned model."""

    estimator: str
    training_job: str
    objective: float
    tuned: Mapping[str, str]


@dataclass(frozen=True)
class AttemptRequest:
    """The attempt that a request is for: its name, its settings, and the execution that waits."""

    name: str
    settings: AttemptSettings
    execution: str


def tuning_request(
    plan: Plan, job: TuningJobPlan, deployment: StartJobEnvironment, attempt: AttemptRequest
) -> Request:
    """Return the arguments of CreateHyperParameterTuningJob for one tuning job of a plan."""
    # Singular, with no DefinitionName: warm start and early stopping want a single algorithm.
    definition = _training(plan, deployment, attempt.settings, job.max_training_job_seconds)
    definition["StaticHyperParameters"] = {
        **job.estimator.fixed,
        JOB_HYPERPARAMETER: "tune",
        ESTIMATOR_HYPERPARAMETER: job.estimator.key,
    }
    request: Request = {
        "HyperParameterTuningJobName": attempt.name,
        "HyperParameterTuningJobConfig": _tuning_config(plan, job, attempt.settings.parallel),
        "TrainingJobDefinition": definition,
        "Tags": _tags(plan, deployment, attempt.execution),
    }
    if attempt.settings.warm_start:
        # New data makes it another problem, so IdenticalDataAndAlgorithm is never right.
        request["WarmStartConfig"] = {
            "ParentHyperParameterTuningJobs": [
                {"HyperParameterTuningJobName": parent} for parent in job.parents
            ],
            "WarmStartType": "TransferLearning",
        }
    return request


def confirm_hyperparameters(best: Sequence[ScoredJob]) -> dict[str, str]:
    """Return Confirm's hyperparameters: each estimator's tuned ones, as JSON.

    Parameters
    ----------
    best
        Of each estimator that has any, the best of the search first.
    """
    tuned = {
        f"{TUNED_HYPERPARAMETER}{job.estimator}": to_json(dict(job.tuned)).decode() for job in best
    }
    return {JOB_HYPERPARAMETER: "confirm", ESTIMATOR_HYPERPARAMETER: best[0].estimator, **tuned}


def confirm_request(
    plan: Plan,
    hyperparameters: Mapping[str, str],
    deployment: StartJobEnvironment,
    attempt: AttemptRequest,
) -> Request:
    """Return the arguments of CreateTrainingJob for Confirm."""
    return {
        "TrainingJobName": attempt.name,
        "HyperParameters": dict(hyperparameters),
        "Tags": _tags(plan, deployment, attempt.execution),
        **_training(plan, deployment, attempt.settings, plan.confirm.max_seconds),
    }


def parameter_ranges(estimator: EstimatorPlan) -> Request:
    """Return an estimator's ranges as SageMaker wants them: three lists, all numbers strings."""
    ranges: dict[str, list[Any]] = {"integer": [], "continuous": [], "categorical": []}
    for name, limits in estimator.ranges.items():
        if isinstance(limits, CategoricalRange):
            ranges[limits.kind].append({"Name": name, "Values": list(limits.values)})
            continue
        # Python reads back the same number; integers have no ".0".
        write = (lambda bound: repr(int(bound))) if limits.kind == "integer" else repr
        ranges[limits.kind].append(
            {
                "Name": name,
                "MinValue": write(limits.minimum),
                "MaxValue": write(limits.maximum),
                "ScalingType": limits.scaling,
            }
        )
    return {
        "IntegerParameterRanges": ranges["integer"],
        "ContinuousParameterRanges": ranges["continuous"],
        "CategoricalParameterRanges": ranges["categorical"],
    }


def _tuning_config(plan: Plan, job: TuningJobPlan, parallel: int) -> Request:
    config: Request = {
        "Strategy": job.strategy,
        "HyperParameterTuningJobObjective": {
            "Type": "Maximize",
            "MetricName": f"validation:{plan.metric.objective}",
        },
        "ResourceLimits": {
            "MaxParallelTrainingJobs": parallel,
            "MaxRuntimeInSeconds": job.max_runtime_seconds,
        },
        "ParameterRanges": parameter_ranges(job.estimator),
        "TrainingJobEarlyStoppingType": job.early_stopping,
        "RandomSeed": job.random_seed,
    }
    if job.strategy != "Grid":  # SageMaker counts the points of a grid itself
        config["ResourceLimits"]["MaxNumberOfTrainingJobs"] = job.max_training_jobs
    if job.strategy == "Hyperband":
        config["StrategyConfig"] = {
            "HyperbandStrategyConfig": {
                "MinResource": 1,
                "MaxResource": plan.cross_validation.folds,
            }
        }
    if criteria := _completion_criteria(job):
        config["TuningJobCompletionCriteria"] = criteria
    return config


def _completion_criteria(job: TuningJobPlan) -> Request:
    criteria: Request = {}
    if job.target_objective is not None:
        criteria["TargetObjectiveMetricValue"] = job.target_objective
    if job.max_jobs_not_improving is not None:
        criteria["BestObjectiveNotImproving"] = {
            "MaxNumberOfTrainingJobsNotImproving": job.max_jobs_not_improving
        }
    if job.stop_on_convergence:
        criteria["ConvergenceDetected"] = {"CompleteOnConvergence": "Enabled"}
    return criteria


def _training(
    plan: Plan, deployment: StartJobEnvironment, settings: AttemptSettings, seconds: int
) -> Request:
    """Return what the requests of both kinds of job have in common; each may run for `seconds`."""
    folder = keys.training_folder(plan.dataset, plan.run_id)
    request: Request = {
        "AlgorithmSpecification": {
            "TrainingImage": plan.image,
            "TrainingInputMode": "File",
            "MetricDefinitions": metric_definitions(plan),
        },
        "RoleArn": deployment.training_role_arn,
        "InputDataConfig": _channels(plan, deployment),
        "OutputDataConfig": {"S3OutputPath": f"s3://{deployment.bucket}/{folder}"},
        "ResourceConfig": {
            "InstanceType": settings.type,
            "InstanceCount": 1,
            "VolumeSizeInGB": plan.instance.volume_gb,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
        "EnableNetworkIsolation": deployment.network.isolation,
        "EnableInterContainerTrafficEncryption": deployment.network.encrypt_traffic,
        "EnableManagedSpotTraining": settings.spot,
        "RetryStrategy": {"MaximumRetryAttempts": RETRY_ATTEMPTS},
    }
    if deployment.kms_key_arn:
        request["OutputDataConfig"]["KmsKeyId"] = deployment.kms_key_arn
        if not _LOCAL_DISK.match(settings.type):
            request["ResourceConfig"]["VolumeKmsKeyId"] = deployment.kms_key_arn
    if settings.spot:
        request["StoppingCondition"]["MaxWaitTimeInSeconds"] = seconds + SPOT_PATIENCE_SECONDS
    if deployment.network.subnets:
        request["VpcConfig"] = {
            "Subnets": list(deployment.network.subnets),
            "SecurityGroupIds": list(deployment.network.security_groups),
        }
    return request


def _channels(plan: Plan, deployment: StartJobEnvironment) -> list[Request]:
    """Return the channels: the plan, the rows to learn from, and the test file if there is one."""
    plan_key = keys.plan(plan.dataset, plan.run_id)
    channels = [
        _channel("plan", f"s3://{deployment.bucket}/{plan_key}"),
        _channel("train", plan.data.train.uri),
    ]
    if plan.final_test.kind == "file" and plan.data.test is not None:
        channels.append(_channel("test", plan.data.test.uri))
    return channels


def _channel(name: str, uri: str) -> Request:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _tags(plan: Plan, deployment: StartJobEnvironment, execution: str) -> list[Request]:
    """Return the deployment's tags and ours, which say whose job it is."""
    values = {
        **deployment.tags,
        DATASET_TAG: plan.dataset,
        RUN_TAG: plan.run_id,
        EXECUTION_TAG: execution,
    }
    return [{"Key": key, "Value": value} for key, value in values.items()]


def metric_definitions(plan: Plan) -> list[Request]:
    """Return what SageMaker reads out of a training job's log: metrics, seconds, folds."""
    definitions: list[Request] = [
        {"Name": f"validation:{scorer}", "Regex": f"validation:{re.escape(scorer)}={_VALUE}"}
        for scorer in plan.metric.names
    ]
    return definitions + [{"Name": name, "Regex": f"{name}={_VALUE}"} for name in _PRINTED]
