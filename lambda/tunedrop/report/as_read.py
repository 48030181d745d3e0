"""Turns a run's values round for people, once, before anything is drawn or said of them.

Errors, which scorers negate, become positive, and lower ones the better. The metric keeps its name.
"""

from __future__ import annotations

from collections.abc import Iterable

from tunedrop.metric_words import called
from tunedrop.report.confirm_scores import Comparison, ConfirmScores, Contender
from tunedrop.report.results import Results, TrainingJob


def as_read(results: Results) -> Results:
    """Return the results with their values as people read them; most metrics need no change."""
    if results.direction == "Minimize" or not called(results.metric).negated:
        return results
    update: dict[str, object] = {
        "direction": "Minimize",
        "objective": _turned(results.objective),
        "training_jobs": _jobs(results.training_jobs),
        "parent_training_jobs": _jobs(results.parent_training_jobs),
        "confirm": _confirm(results.confirm),
    }
    return results.model_copy(update=update)


def _turned(value: float | None) -> float | None:
    return None if value is None else -value


def _jobs(jobs: Iterable[TrainingJob]) -> tuple[TrainingJob, ...]:
    return tuple(job.model_copy(update={"objective": _turned(job.objective)}) for job in jobs)


def _confirm(confirm: ConfirmScores) -> ConfirmScores:
    return confirm.model_copy(
        update={
            "contenders": tuple(_contender(each) for each in confirm.contenders),
            "comparisons": tuple(_comparison(each) for each in confirm.comparisons),
        }
    )


def _contender(contender: Contender) -> Contender:
    low, high = contender.interval or (None, None)
    return contender.model_copy(
        update={
            "scores": tuple(_turned(score) for score in contender.scores),
            "mean": _turned(contender.mean),
            "interval": (_turned(high), _turned(low)) if contender.interval else None,
            "test_score": _turned(contender.test_score),
        }
    )


def _comparison(comparison: Comparison) -> Comparison:
    return comparison.model_copy(
        update={"difference": _turned(comparison.difference), "t": _turned(comparison.t)}
    )
