"""Requests to SageMaker: the exact arguments of the create calls, from a run's plan.

Pure. StartJob writes the result to `jobs/<attempt>.request.json` and sends it as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tunedrop.environment import StartJobEnvironment
from tunedrop.running.job_setup import tags, training
from tunedrop.running.next_attempt import AttemptSettings
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Plan, TuningJobPlan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateHyperParameterTuningJobRequestTypeDef,
        CreateTrainingJobRequestTypeDef,
        HyperParameterTuningJobConfigTypeDef,
        ParameterRangesTypeDef,
        TuningJobCompletionCriteriaTypeDef,
    )

JOB_HYPERPARAMETER = "tunedrop_job"
ESTIMATOR_HYPERPARAMETER = "tunedrop_estimator"
# Followed by an estimator's key.
TUNED_HYPERPARAMETER = "tunedrop_tuned_"

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
MAX_HYPERPARAMETER_LENGTH = 2500


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
) -> CreateHyperParameterTuningJobRequestTypeDef:
    """Return the arguments of CreateHyperParameterTuningJob for one tuning job of a plan."""
    # Singular, with no DefinitionName: warm start and early stopping want a single algorithm.
    definition = training(plan, deployment, attempt.settings, job.max_training_job_seconds)
    definition["StaticHyperParameters"] = {
        **job.estimator.fixed,
        JOB_HYPERPARAMETER: "tune",
        ESTIMATOR_HYPERPARAMETER: job.estimator.key,
    }
    request: CreateHyperParameterTuningJobRequestTypeDef = {
        "HyperParameterTuningJobName": attempt.name,
        "HyperParameterTuningJobConfig": _tuning_config(plan, job, attempt.settings.parallel),
        "TrainingJobDefinition": definition,
        "Tags": tags(plan, deployment, attempt.execution),
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
    return {
        JOB_HYPERPARAMETER: "confirm",
        ESTIMATOR_HYPERPARAMETER: best[0].estimator,
        **{f"{TUNED_HYPERPARAMETER}{job.estimator}": to_hyperparameter(job.tuned) for job in best},
    }


def to_hyperparameter(tuned: Mapping[str, str]) -> str:
    """Return an estimator's tuned hyperparameters as one hyperparameter of Confirm's."""
    return json.dumps(dict(tuned), ensure_ascii=False, separators=(",", ":"))


def confirm_request(
    plan: Plan,
    hyperparameters: Mapping[str, str],
    deployment: StartJobEnvironment,
    attempt: AttemptRequest,
) -> CreateTrainingJobRequestTypeDef:
    """Return the arguments of CreateTrainingJob for Confirm."""
    request: dict[str, Any] = {
        "TrainingJobName": attempt.name,
        "HyperParameters": dict(hyperparameters),
        "Tags": tags(plan, deployment, attempt.execution),
        **training(plan, deployment, attempt.settings, plan.confirm.max_seconds),
    }
    return cast("CreateTrainingJobRequestTypeDef", request)


def parameter_ranges(estimator: EstimatorPlan) -> ParameterRangesTypeDef:
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


def _tuning_config(
    plan: Plan, job: TuningJobPlan, parallel: int
) -> HyperParameterTuningJobConfigTypeDef:
    config: HyperParameterTuningJobConfigTypeDef = {
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
