"""What is asked of SageMaker: the exact arguments of the create calls, from a run's plan.

Pure. StartJob writes the result to `jobs/<attempt>.request.json` and sends it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from tunedrop.environment import StartJobEnvironment
from tunedrop.running.job_setup import CANDIDATES_CHANNEL, ensemble_channels, tags, training
from tunedrop.running.ladder import Terms
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


@dataclass(frozen=True)
class ScoredJob:
    """A training job of a run's tuning that scored every fold; Confirm is about the best one."""

    estimator: EstimatorPlan
    tuning_job: str
    training_job: str
    objective: float
    tuned: Mapping[str, str]

    @property
    def hyperparameters(self) -> dict[str, str]:
        """All of the estimator's, tuned or fixed."""
        return {**self.estimator.fixed, **self.tuned}

    @property
    def of_confirm(self) -> dict[str, str]:
        """Those of the Confirm job, when this is the winner."""
        return {**_static("confirm", self.estimator), **self.tuned}


@dataclass(frozen=True)
class Asking:
    """Which attempt a request is for: its name, its terms, and the execution that waits."""

    name: str
    terms: Terms
    execution: str


def tuning_request(
    plan: Plan, job: TuningJobPlan, deployment: StartJobEnvironment, asking: Asking
) -> CreateHyperParameterTuningJobRequestTypeDef:
    """Return the arguments of CreateHyperParameterTuningJob for one tuning job of a plan."""
    # Singular, with no DefinitionName: warm start and early stopping want a single algorithm.
    definition = training(plan, deployment, asking.terms, job.max_training_job_seconds)
    definition["StaticHyperParameters"] = _static("tune", job.estimator)
    request: CreateHyperParameterTuningJobRequestTypeDef = {
        "HyperParameterTuningJobName": asking.name,
        "HyperParameterTuningJobConfig": _tuning_config(plan, job, asking.terms.parallel),
        "TrainingJobDefinition": definition,
        "Tags": tags(plan, deployment, asking.execution),
    }
    if asking.terms.warm_start:
        # New data makes it another problem, so IdenticalDataAndAlgorithm is never right.
        request["WarmStartConfig"] = {
            "ParentHyperParameterTuningJobs": [
                {"HyperParameterTuningJobName": parent} for parent in job.parents
            ],
            "WarmStartType": "TransferLearning",
        }
    return request


def confirm_request(
    plan: Plan,
    hyperparameters: Mapping[str, str],
    deployment: StartJobEnvironment,
    asking: Asking,
    *,
    ensemble: bool = False,
) -> CreateTrainingJobRequestTypeDef:
    """Return the arguments of CreateTrainingJob for Confirm, about the winner's hyperparameters.

    What an ensemble can be made of, if it is there, comes by two channels more.
    """
    request: dict[str, Any] = {
        "TrainingJobName": asking.name,
        "HyperParameters": dict(hyperparameters),
        "Tags": tags(plan, deployment, asking.execution),
        **training(plan, deployment, asking.terms, plan.confirm.max_seconds),
    }
    if ensemble:
        request["InputDataConfig"] += ensemble_channels(plan, deployment)
    return cast("CreateTrainingJobRequestTypeDef", request)


def has_ensemble(request: Mapping[str, Any]) -> bool:
    """Whether a request for Confirm has the channels of an ensemble."""
    names = {channel["ChannelName"] for channel in request.get("InputDataConfig", ())}
    return CANDIDATES_CHANNEL in names


def parameter_ranges(estimator: EstimatorPlan) -> ParameterRangesTypeDef:
    """Return an estimator's ranges as SageMaker wants them: three lists, all numbers strings."""
    found: dict[str, list[Any]] = {"integer": [], "continuous": [], "categorical": []}
    for name, each in estimator.ranges.items():
        if isinstance(each, CategoricalRange):
            found[each.kind].append({"Name": name, "Values": list(each.values)})
            continue
        # Python reads back the same number; integers have no ".0".
        write = (lambda limit: repr(int(limit))) if each.kind == "integer" else repr
        found[each.kind].append(
            {
                "Name": name,
                "MinValue": write(each.minimum),
                "MaxValue": write(each.maximum),
                "ScalingType": each.scaling,
            }
        )
    return {
        "IntegerParameterRanges": found["integer"],
        "ContinuousParameterRanges": found["continuous"],
        "CategoricalParameterRanges": found["categorical"],
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


def _static(job: Literal["tune", "confirm"], estimator: EstimatorPlan) -> dict[str, str]:
    return {
        **estimator.fixed,
        JOB_HYPERPARAMETER: job,
        ESTIMATOR_HYPERPARAMETER: estimator.key,
    }
