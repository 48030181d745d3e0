"""Warm start: the rules between a tuning job and its parents, and their results.

Warm start is not recursive: a parent's own parents are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.sagemaker.errors import ValidationError, require
from local_aws.sagemaker.jobs.training_job import TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob, best_of
from local_aws.sagemaker.search.definition import OBJECTIVE_HYPERPARAMETER, Definition
from local_aws.sagemaker.search.strategies import Observation

MAX_STATIC_CHANGES = 10


@dataclass(frozen=True)
class Inheritance:
    """What the parents' training jobs are worth to a new tuning job."""

    observations: list[Observation]
    best: TrainingJob | None


def inherit(
    request: dict[str, Any], definition: Definition, find: Callable[[str], TuningJob | None]
) -> Inheritance:
    """Check the parents of a request and collect their results.

    Raises
    ------
    ValidationError
        A parent does not exist, still runs, or tunes something else.
    """
    parents = [
        _parent(item["HyperParameterTuningJobName"], find)
        for item in (request.get("WarmStartConfig") or {}).get("ParentHyperParameterTuningJobs", [])
    ]
    require(
        len({parent.name for parent in parents}) == len(parents),
        "The parent hyperparameter tuning jobs must be distinct.",
    )
    for parent in parents:
        _check(definition, parent)
    jobs = [job for parent in parents for job in parent.jobs() if job.objective is not None]
    observations = [
        Observation(job.request["HyperParameters"], job.objective)
        for job in jobs
        if job.objective is not None
    ]
    bests = [best for best in (parent.best() for parent in parents) if best is not None]
    return Inheritance(observations, best_of(bests))


def _parent(name: str, find: Callable[[str], TuningJob | None]) -> TuningJob:
    parent = find(name)
    if parent is None:
        raise ValidationError(
            f"Amazon SageMaker can't find a tuning job called {name}. Type another name."
        )
    require(
        parent.is_over,
        f"The parent hyperparameter tuning job {name} is in status {parent.status}; parents must "
        "have reached a terminal state: Completed, Stopped or Failed.",
    )
    return parent


def _check(definition: Definition, parent: TuningJob) -> None:
    theirs = Definition.of(parent.request)
    require(
        definition.objective == theirs.objective,
        f"The objective ({definition.objective['Type']} {definition.metric}) must be the same as "
        f"that of the parent hyperparameter tuning job {parent.name} "
        f"({theirs.objective['Type']} {theirs.metric}).",
    )
    ours, parents = definition.kinds(), theirs.kinds()
    require(
        len(ours) == len(parents),
        f"The number of static and tunable hyperparameters ({len(ours)}) must be the same as in "
        f"the parent hyperparameter tuning job {parent.name} ({len(parents)}).",
    )
    for name in ours.keys() & parents.keys():
        require(
            "Static" in (ours[name], parents[name]) or ours[name] == parents[name],
            f"The type of the hyperparameter {name} ({ours[name]}) must be the same as in the "
            f"parent hyperparameter tuning job {parent.name} ({parents[name]}).",
        )
    changed = _static_changes(definition, theirs)
    require(
        len(changed) <= MAX_STATIC_CHANGES,
        f"At most {MAX_STATIC_CHANGES} static hyperparameters may differ from the parent "
        f"hyperparameter tuning job {parent.name}; {len(changed)} do: {', '.join(changed)}.",
    )


def _static_changes(ours: Definition, theirs: Definition) -> list[str]:
    names = sorted((ours.static.keys() | theirs.static.keys()) - {OBJECTIVE_HYPERPARAMETER})
    return [name for name in names if ours.static.get(name) != theirs.static.get(name)]
