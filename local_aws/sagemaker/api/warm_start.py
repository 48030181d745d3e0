"""Warm start: the rules between a tuning job and its parents, and their results.

Warm start is not recursive: a parent's own parents are not looked at.
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.sagemaker.errors import ValidationError, require
from local_aws.sagemaker.jobs.training_job import TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob, best_of
from local_aws.sagemaker.search.definition import CategoricalRange, Definition
from local_aws.sagemaker.search.strategies import Observation

MAX_STATIC_CHANGES = 10


@dataclass(frozen=True)
class Inheritance:
    """The parents' observations, best training job and number of training jobs."""

    observations: list[Observation]
    best: TrainingJob | None
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
    bests = [best for best in (parent.best() for parent in parents) if best is not None]
    return Inheritance(observations, best_of(bests), len(jobs))


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
    changes = _static_changes(definition, theirs)
    total = sum(changes.values())
    require(
        total <= MAX_STATIC_CHANGES,
        f"At most {MAX_STATIC_CHANGES} changes of static hyperparameters from the parent "
        f"hyperparameter tuning job {parent.name} are allowed, where each value of a categorical "
        f"one counts; there are {total}: "
        f"{', '.join(f'{name} ({count})' for name, count in changes.items())}.",
    )


def _static_changes(ours: Definition, theirs: Definition) -> dict[str, int]:
    """Count the changes of each hyperparameter that is static now and was tuned, or another value.

    "If the parent job has a tunable categorical hyperparameter with the possible values red and
    blue, you change that hyperparameter to static in the new tuning job, that counts as 2 changes
    [...]. If the same hyperparameter had a static value of red in the parent job, and you change
    the static value to blue in the new tuning job, it also counts as 2 changes." Which static
    values count as categorical is not documented; here all that are no numbers.
    """
    tuned = {item.name: item for item in theirs.ranges}
    changes: dict[str, int] = {}
    for name, value in sorted(ours.static.items()):
        earlier = tuned.get(name)
        if earlier is not None:
            changes[name] = len(earlier.values) if isinstance(earlier, CategoricalRange) else 1
        elif theirs.static[name] != value:
            changes[name] = 1 if _is_number(value) and _is_number(theirs.static[name]) else 2
    return changes


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
