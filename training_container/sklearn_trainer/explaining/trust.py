"""Whether the data can be trusted: each finding as a part, which may be left out."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from sklearn_trainer.explaining import duplicates, order_hints, shift, suspects
from sklearn_trainer.explaining.parts import Parts
from sklearn_trainer.explaining.predictions import Evidence
from sklearn_trainer.explaining.subject import Subject
from sklearn_trainer.model.pipeline import Pipeline
from tunedrop_common.explanation import Duplicates, Hint, Shift, Suspect, Trust


def duplicated(subject: Subject, evidence: Evidence | None, parts: Parts) -> Duplicates | None:
    """Count the rows that are there more than once."""
    return parts.run("duplicates", partial(duplicates.look_for, subject, evidence))


def suspected(subject: Subject, parts: Parts) -> tuple[Suspect, ...]:
    """Return the columns that give the target away, and how the model does without them."""
    seeming = parts.run("suspects", partial(suspects.look_for, subject))
    if seeming is None or not seeming.suspects:
        return ()
    folds = suspects.first_repeat(subject)[: parts.allowance.folds(subject.pace.expected(1))]
    without = parts.run(
        "without suspect",
        partial(suspects.score_without, subject, seeming.columns, folds),
        expected=subject.pace.expected(len(folds)),
    )
    return suspects.suspects_of(seeming, without, subject.plan.metric.objective)


def shifted(subject: Subject, parts: Parts) -> Shift | None:
    """Compare the test file with the training rows, where there is one to be compared."""
    if not shift.applies(subject.plan, subject.dataset):
        return None
    return parts.run("shift", partial(shift.shift, subject.dataset, subject.plan.confirm.seed))


def hinted(subject: Subject, aside: Collection[str], parts: Parts) -> tuple[Hint, ...]:
    """Return the hints to columns that say in which order rows are, or what belongs together."""
    return (
        parts.run("hints", partial(order_hints.hints, subject.plan, subject.dataset, aside)) or ()
    )


def with_test_score(trust: Trust, model: Pipeline, subject: Subject, parts: Parts) -> Trust:
    """Add the fitted model's score on those test rows that no training row is like."""
    counted = trust.duplicates
    if counted is None or not counted.test_rows_in_training:
        return trust
    score = parts.run_here(
        "duplicates",
        partial(duplicates.test_score_without, model, subject.dataset, subject.scorers),
    )
    changed = counted.model_copy(update={"test_score_without": score})
    return trust.model_copy(update={"duplicates": changed})
