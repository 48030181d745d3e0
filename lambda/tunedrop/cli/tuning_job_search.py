"""Any SageMaker tuning job, whoever started it, as the search that the report's charts draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of, translated
from tunedrop.cli.errors import CommandError
from tunedrop.report.search import Cost, Search, TuningJob, best_training_job, cost
from tunedrop.report.training_jobs import TrainingJob, collect
from tunedrop_common.plan import CategoricalRange, EstimatorPlan, Instance, NumericRange, Range

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

# Names the estimator in Tunedrop's own tuning jobs, whose image is the same for all.
_OUR_ESTIMATOR = "tunedrop_estimator"

Described = Mapping[str, Any]


def read_search(sagemaker: SageMakerClient, name: str) -> Search:
    """Ask SageMaker for a tuning job and all its training jobs.

    Raises
    ------
    CommandError
        When there is no such tuning job, or its definitions have objectives that do not compare.
    """
    described = _describe(sagemaker, name)
    definitions = _definitions(described)
    metric, direction = _objective(described, definitions)
    first, *others = (_estimator(described, definition) for definition in definitions)
    jobs = _training_jobs(sagemaker, described, first.key, by_definition=bool(others))
    best = best_training_job(jobs, direction)
    return Search(
        metric=metric,
        direction=direction,
        best_training_job=best.name if best else None,
        objective=best.objective if best else None,
        hyperparameters=best.hyperparameters if best else {},
        estimator=best.estimator if best else None,
        tuning_jobs=tuple(_tuning_job(described, each) for each in (first, *others)),
        training_jobs=jobs,
        parent_training_jobs=_parents(sagemaker, described, first.key, by_definition=bool(others)),
        cost=_cost(definitions, jobs),
        region=sagemaker.meta.region_name,
    )


def _describe(sagemaker: SageMakerClient, name: str) -> Described:
    with translated():
        try:
            return sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        except ClientError as error:
            if code_of(error) not in ("ResourceNotFound", "ValidationException"):
                raise
    raise CommandError(
        f"SageMaker has no tuning job {name!r} in {sagemaker.meta.region_name}. See which there "
        "are: aws sagemaker list-hyper-parameter-tuning-jobs."
    )


def _definitions(described: Described) -> list[Described]:
    single = described.get("TrainingJobDefinition")
    return [single] if single else list(described["TrainingJobDefinitions"])


def _objective(described: Described, definitions: list[Described]) -> tuple[str, Any]:
    """Return the metric's name and direction, which must be the same everywhere."""
    own = described["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective")
    given = [each for each in [own, *(d.get("TuningObjective") for d in definitions)] if each]
    found = {(each["MetricName"], each["Type"]) for each in given}
    if len(found) != 1:
        names = ", ".join(sorted(f"{kind} {metric}" for metric, kind in found)) or "none"
        raise CommandError(
            f"The training job definitions of {described['HyperParameterTuningJobName']} have not "
            f"one objective, so they cannot be drawn together. Found {names}."
        )
    return found.pop()


def _estimator(described: Described, definition: Described) -> EstimatorPlan:
    """Return a definition's algorithm; a single one has its ranges in the tuning job's config."""
    config = described["HyperParameterTuningJobConfig"]
    ranges = definition.get("HyperParameterRanges") or config.get("ParameterRanges")
    algorithm = definition["AlgorithmSpecification"]
    path = algorithm.get("TrainingImage") or algorithm.get("AlgorithmName") or "unknown"
    static = definition.get("StaticHyperParameters") or {}
    return EstimatorPlan(
        key=definition.get("DefinitionName") or static.get(_OUR_ESTIMATOR) or _short(path),
        class_path=path,
        fixed={name: value for name, value in static.items() if not name.startswith("_")},
        ranges=_ranges(ranges or {}),
    )


def _short(path: str) -> str:
    """Return an image's or algorithm's name without registry, account and version."""
    return path.rpartition("/")[2].partition("@")[0].partition(":")[0] or path


def _ranges(given: Described) -> dict[str, Range]:
    ranges: dict[str, Range] = {}
    for entry in given.get("ContinuousParameterRanges") or ():
        ranges[entry["Name"]] = _numeric("continuous", entry)
    for entry in given.get("IntegerParameterRanges") or ():
        ranges[entry["Name"]] = _numeric("integer", entry)
    for entry in given.get("CategoricalParameterRanges") or ():
        ranges[entry["Name"]] = CategoricalRange(kind="categorical", values=tuple(entry["Values"]))
    return ranges


def _numeric(kind: Any, entry: Described) -> NumericRange:
    return NumericRange(
        kind=kind,
        minimum=float(entry["MinValue"]),
        maximum=float(entry["MaxValue"]),
        scaling=entry.get("ScalingType") or "Auto",
    )


def _tuning_job(described: Described, estimator: EstimatorPlan) -> TuningJob:
    config = described["HyperParameterTuningJobConfig"]
    limits = config["ResourceLimits"]
    return TuningJob(
        name=described["HyperParameterTuningJobName"],
        arn=described["HyperParameterTuningJobArn"],
        estimator=estimator,
        strategy=config["Strategy"],
        max_training_jobs=limits.get("MaxNumberOfTrainingJobs") or 0,
        max_parallel_training_jobs=limits["MaxParallelTrainingJobs"],
        early_stopping=config.get("TrainingJobEarlyStoppingType") or "Off",
        parents=_parent_names(described),
        status=described["HyperParameterTuningJobStatus"],
        failure_reason=described.get("FailureReason") or "",
        created=described["CreationTime"],
        ended=described.get("HyperParameterTuningEndTime"),
    )


def _parent_names(described: Described) -> tuple[str, ...]:
    start = described.get("WarmStartConfig") or {}
    parents = start.get("ParentHyperParameterTuningJobs") or ()
    return tuple(parent["HyperParameterTuningJobName"] for parent in parents)


def _training_jobs(
    sagemaker: SageMakerClient, described: Described, estimator: str, *, by_definition: bool
) -> tuple[TrainingJob, ...]:
    with translated():
        return collect(
            sagemaker,
            tuning_job=described["HyperParameterTuningJobName"],
            described=described,
            estimator=estimator,
            by_definition=by_definition,
        )


def _parents(
    sagemaker: SageMakerClient, described: Described, estimator: str, *, by_definition: bool
) -> tuple[TrainingJob, ...]:
    """Collect what it started from; a parent that is gone has none."""
    found: list[TrainingJob] = []
    for parent in _parent_names(described):
        try:
            with translated():
                found += collect(
                    sagemaker,
                    tuning_job=parent,
                    described=None,
                    estimator=estimator,
                    by_definition=by_definition,
                )
        except ClientError as error:
            if code_of(error) != "ResourceNotFound":
                raise
    return tuple(found)


def _cost(definitions: list[Described], jobs: tuple[TrainingJob, ...]) -> Cost | None:
    """Return the seconds that are billed; None where several kinds of machines were used."""
    machines = {machine for definition in definitions for machine in _machines(definition)}
    if len(machines) != 1:
        return None
    spot = any(definition.get("EnableManagedSpotTraining") for definition in definitions)
    return cost(Instance(type=machines.pop(), volume_gb=0, spot=spot), jobs, None, {})


def _machines(definition: Described) -> list[str]:
    single = definition.get("ResourceConfig") or {}
    several = definition.get("HyperParameterTuningResourceConfig") or {}
    configs = [single, several, *(several.get("InstanceConfigs") or ())]
    return [config["InstanceType"] for config in configs if config.get("InstanceType")]
