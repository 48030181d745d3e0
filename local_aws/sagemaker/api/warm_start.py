"""Warm start: the rules between a tuning job and its parents, and their results.

Warm start is not recursive: a parent's own parents are not looked at.
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.sagemaker.errors import ValidationError, require
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.search.definition import Definition
from local_aws.sagemaker.search.strategies import Observation


@dataclass(frozen=True)
class Inheritance:
    """The parents' observations and number of training jobs."""

    observations: list[Observation]
    training_jobs: int


def inherit(
    request: dict[str, Any], definition: Definition, find: Callable[[str], TuningJob | None]
) -> Inheritance:
    """Check the parents of a request and collect their results."""
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
    jobs = [job for parent in parents for job in parent.jobs()]
    observations = [
        Observation(job.request["HyperParameters"], job.objective)
        for job in jobs
        if job.objective is not None
    ]
    return Inheritance(observations, len(jobs))


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
    # AWS's own words, by https://github.com/aws/amazon-sagemaker-examples/issues/861
    require(
        ours.keys() == parents.keys(),
        "The set of tunable plus static HyperParameter names is not the same across current and "
        "parent tuning jobs. Please ensure this set is constant when warm starting. Note that "
        "previously static HyperParameters can be tuned in warm start jobs and vice versa.",
    )
    for name in ours:
        require(
            "Static" in (ours[name], parents[name]) or ours[name] == parents[name],
            f"The type of the hyperparameter {name} ({ours[name]}) must be the same as in the "
            f"parent hyperparameter tuning job {parent.name} ({parents[name]}).",
        )
