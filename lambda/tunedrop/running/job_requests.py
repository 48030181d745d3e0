"""What is asked of SageMaker: the exact arguments of the create calls, from a run's plan.

Pure. StartJob writes the result to `jobs/<job>.request.json` and sends it as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tunedrop.environment import StartJobEnvironment
from tunedrop.running.job_setup import (
    channels,
    machine,
    metric_definitions,
    output,
    stopping_condition,
    tags,
    vpc,
)
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, NumericRange, Plan, TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateHyperParameterTuningJobRequestTypeDef,
        CreateTrainingJobRequestTypeDef,
        HyperParameterTrainingJobDefinitionTypeDef,
        HyperParameterTuningJobConfigTypeDef,
        ParameterRangesTypeDef,
        TuningJobCompletionCriteriaTypeDef,
    )

JOB_HYPERPARAMETER = "tunedrop_job"
ESTIMATOR_HYPERPARAMETER = "tunedrop_estimator"

# For SageMaker's own failures (InternalServerError) only, never for those of the training code.
RETRY_ATTEMPTS = 2


@dataclass(frozen=True)
class Winner:
    """The best training job of a run's tuning, whose hyperparameters Confirm is about."""

    tuning_job: str
    training_job: str
    objective: float
    tuned: Mapping[str, str]


def tuning_request(
    plan: Plan, job: TuningJobPlan, deployment: StartJobEnvironment, *, execution: str
) -> CreateHyperParameterTuningJobRequestTypeDef:
    """Return the arguments of CreateHyperParameterTuningJob for one tuning job of a plan."""
    request: CreateHyperParameterTuningJobRequestTypeDef = {
        "HyperParameterTuningJobName": job.name,
        "HyperParameterTuningJobConfig": _tuning_config(plan, job),
        "TrainingJobDefinition": _training_job_definition(plan, job, deployment),
        "Tags": tags(plan, deployment, execution),
    }
    if job.parents:
        # New data makes it another problem, so IdenticalDataAndAlgorithm is never right.
        request["WarmStartConfig"] = {
            "ParentHyperParameterTuningJobs": [
                {"HyperParameterTuningJobName": parent} for parent in job.parents
            ],
            "WarmStartType": "TransferLearning",
        }
    return request


def confirm_request(
    plan: Plan, winner: Winner, deployment: StartJobEnvironment, *, execution: str
) -> CreateTrainingJobRequestTypeDef:
    """Return the arguments of CreateTrainingJob for Confirm, about the tuning's winner."""
    estimator = next(j.estimator for j in plan.tuning_jobs if j.name == winner.tuning_job)
    request: CreateTrainingJobRequestTypeDef = {
        "TrainingJobName": plan.confirm.name,
        "HyperParameters": {**_static("confirm", estimator), **winner.tuned},
        "AlgorithmSpecification": {
            "TrainingImage": deployment.training_image,
            "TrainingInputMode": "File",
            "MetricDefinitions": metric_definitions(plan),
        },
        "RoleArn": deployment.training_role_arn,
        "InputDataConfig": channels(plan, deployment),
        "OutputDataConfig": output(plan, deployment),
        "ResourceConfig": machine(plan, deployment),
        "StoppingCondition": stopping_condition(plan, plan.confirm.max_seconds),
        "EnableNetworkIsolation": deployment.network.isolation,
        "EnableInterContainerTrafficEncryption": deployment.network.encrypt_traffic,
        "EnableManagedSpotTraining": plan.instance.spot,
        "RetryStrategy": {"MaximumRetryAttempts": RETRY_ATTEMPTS},
        "Tags": tags(plan, deployment, execution),
    }
    if network := vpc(deployment):
        request["VpcConfig"] = network
    return request


def parameter_ranges(estimator: EstimatorPlan) -> ParameterRangesTypeDef:
    """Return an estimator's ranges as SageMaker wants them: three lists, all numbers strings."""
    numeric = [(n, r) for n, r in estimator.ranges.items() if isinstance(r, NumericRange)]
    categorical = [(n, r) for n, r in estimator.ranges.items() if isinstance(r, CategoricalRange)]
    return {
        "IntegerParameterRanges": [
            {
                "Name": name,
                "MinValue": number_text(wanted.minimum, whole=True),
                "MaxValue": number_text(wanted.maximum, whole=True),
                "ScalingType": wanted.scaling,
            }
            for name, wanted in numeric
            if wanted.kind == "integer"
        ],
        "ContinuousParameterRanges": [
            {
                "Name": name,
                "MinValue": number_text(wanted.minimum),
                "MaxValue": number_text(wanted.maximum),
                "ScalingType": wanted.scaling,
            }
            for name, wanted in numeric
            if wanted.kind == "continuous"
        ],
        "CategoricalParameterRanges": [
            {"Name": name, "Values": list(wanted.values)} for name, wanted in categorical
        ],
    }


def number_text(value: float, *, whole: bool = False) -> str:
    """Write a range's limit so that reading it gives the same number; integers without ".0"."""
    if not math.isfinite(value) or (whole and value != int(value)):
        raise ValueError(f"A range cannot end at {value!r}")
    return str(int(value)) if whole else repr(float(value))


def _tuning_config(plan: Plan, job: TuningJobPlan) -> HyperParameterTuningJobConfigTypeDef:
    config: HyperParameterTuningJobConfigTypeDef = {
        "Strategy": job.strategy,
        "HyperParameterTuningJobObjective": {
            "Type": "Maximize",
            "MetricName": f"validation:{plan.metric.objective}",
        },
        "ResourceLimits": {
            "MaxParallelTrainingJobs": job.max_parallel_training_jobs,
            "MaxRuntimeInSeconds": job.max_runtime_seconds,
        },
        "ParameterRanges": parameter_ranges(job.estimator),
        "TrainingJobEarlyStoppingType": job.early_stopping,
        "RandomSeed": job.random_seed,
    }
    if job.strategy != "Grid":  # SageMaker counts the points of a grid itself
        config["ResourceLimits"]["MaxNumberOfTrainingJobs"] = job.max_training_jobs
    if job.strategy == "Hyperband":  # which stops training jobs itself, by folds
        config["TrainingJobEarlyStoppingType"] = "Off"
        config["StrategyConfig"] = {
            "HyperbandStrategyConfig": {
                "MinResource": 1,
                "MaxResource": plan.cross_validation.folds,
            }
        }
    if criteria := _completion_criteria(job):
        config["TuningJobCompletionCriteria"] = criteria
    return config


def _completion_criteria(job: TuningJobPlan) -> TuningJobCompletionCriteriaTypeDef:
    criteria: TuningJobCompletionCriteriaTypeDef = {}
    if job.target_objective is not None:
        criteria["TargetObjectiveMetricValue"] = job.target_objective
    if job.max_jobs_not_improving is not None:
        criteria["BestObjectiveNotImproving"] = {
            "MaxNumberOfTrainingJobsNotImproving": job.max_jobs_not_improving
        }
    if job.stop_on_convergence:
        criteria["ConvergenceDetected"] = {"CompleteOnConvergence": "Enabled"}
    return criteria


def _training_job_definition(
    plan: Plan, job: TuningJobPlan, deployment: StartJobEnvironment
) -> HyperParameterTrainingJobDefinitionTypeDef:
    # Singular, with no DefinitionName: warm start and early stopping want a single algorithm.
    definition: HyperParameterTrainingJobDefinitionTypeDef = {
        "StaticHyperParameters": _static("tune", job.estimator),
        "AlgorithmSpecification": {
            "TrainingImage": deployment.training_image,
            "TrainingInputMode": "File",
            "MetricDefinitions": metric_definitions(plan),
        },
        "RoleArn": deployment.training_role_arn,
        "InputDataConfig": channels(plan, deployment),
        "OutputDataConfig": output(plan, deployment),
        "ResourceConfig": machine(plan, deployment),
        "StoppingCondition": stopping_condition(plan, job.max_training_job_seconds),
        "EnableNetworkIsolation": deployment.network.isolation,
        "EnableInterContainerTrafficEncryption": deployment.network.encrypt_traffic,
        "EnableManagedSpotTraining": plan.instance.spot,
        "RetryStrategy": {"MaximumRetryAttempts": RETRY_ATTEMPTS},
    }
    if network := vpc(deployment):
        definition["VpcConfig"] = network
    return definition


def _static(job: Literal["tune", "confirm"], estimator: EstimatorPlan) -> dict[str, str]:
    return {
        **estimator.fixed,
        JOB_HYPERPARAMETER: job,
        ESTIMATOR_HYPERPARAMETER: estimator.key,
    }
