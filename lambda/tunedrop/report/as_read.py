"""Results as people read them: an error is positive, and the lower one is the better.

For a scorer greater is always better, so it negates errors. This is undone once, before anything
is drawn or said. What is not a score of the objective stays: a drop is how much worse, a gain how
much better; a contender's metrics are turned one by one, each by its own words (`called`).
"""

from __future__ import annotations

from collections.abc import Iterable

from tunedrop.report.confirm_scores import ConfirmScores, Contender
from tunedrop.report.results import Results, TrainingJob
from tunedrop_common.explanation import (
    Duplicates,
    Explanation,
    Interval,
    Learned,
    LearningCurve,
    Measured,
    MetricScore,
    Suspect,
    Trust,
)
from tunedrop_common.metric_words import called


def as_read(results: Results) -> Results:
    """Return the results with their values as people read them; most metrics need no change.

    Errors, which scorers negate, become positive, and lower ones the better. The metric keeps its
    name.
    """
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
    comparisons = tuple(
        each.model_copy(update={"difference": _turned(each.difference), "t": _turned(each.t)})
        for each in confirm.comparisons
    )
    contenders = tuple(_contender(each) for each in confirm.contenders)
    update: dict[str, object] = {"contenders": contenders, "comparisons": comparisons}
    if confirm.explanation:
        update["explanation"] = _explanation(confirm.explanation)
    return confirm.model_copy(update=update)


def _contender(contender: Contender) -> Contender:
    return contender.model_copy(
        update={
            "scores": tuple(_turned(score) for score in contender.scores),
            "mean": _turned(contender.mean),
            "interval": _interval(contender.interval),
            "test_score": _turned(contender.test_score),
        }
    )


def _interval(interval: Interval) -> Interval:
    return None if interval is None else (_turned(interval[1]), _turned(interval[0]))


def _measured(score: Measured) -> Measured:
    return Measured(value=_turned(score.value), interval=_interval(score.interval))


def _metric(score: MetricScore) -> MetricScore:
    return MetricScore(
        mean=_turned(score.mean),
        interval=_interval(score.interval),
        test_score=_turned(score.test_score),
    )


def _explanation(explanation: Explanation) -> Explanation:
    """Turn the objective's scores, and the difference of two of them."""
    update: dict[str, object] = {"trust": _trust(explanation.trust)}
    if explanation.learned:
        update["learned"] = _learned(explanation.learned)
    if explanation.learning_curve:
        update["learning_curve"] = _curve(explanation.learning_curve)
    return explanation.model_copy(update=update)


def _learned(learned: Learned) -> Learned:
    if learned.removable is None:
        return learned
    change = _measured(learned.removable.change)
    return learned.model_copy(
        update={"removable": learned.removable.model_copy(update={"change": change})}
    )


def _curve(curve: LearningCurve) -> LearningCurve:
    points = (p.model_copy(update={"score": _measured(p.score)}) for p in curve.points)
    return curve.model_copy(update={"points": tuple(points)})


def _trust(trust: Trust) -> Trust:
    return trust.model_copy(
        update={
            "suspects": tuple(_suspect(each) for each in trust.suspects),
            "duplicates": trust.duplicates and _duplicates(trust.duplicates),
        }
    )


def _suspect(suspect: Suspect) -> Suspect:
    return suspect.model_copy(
        update={
            "alone": _measured(suspect.alone),
            "of_model": _turned(suspect.of_model),
            "without": suspect.without and _metric(suspect.without),
        }
    )


def _duplicates(duplicates: Duplicates) -> Duplicates:
    without = duplicates.score_without
    return duplicates.model_copy(
        update={
            "score_without": without and _measured(without),
            "test_score_without": _turned(duplicates.test_score_without),
        }
    )
