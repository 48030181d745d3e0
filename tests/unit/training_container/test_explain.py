"""The explanation as a whole: what fails of it is left out, and refits are the scored model's."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.evaluation.contenders import Result, score_contender
from sklearn_trainer.explanation import classification, explain, slices
from sklearn_trainer.explanation.allowance import Allowance
from sklearn_trainer.explanation.collecting import collect, rows_to_keep
from sklearn_trainer.explanation.parts import Parts
from sklearn_trainer.explanation.predictions import Evidence
from sklearn_trainer.explanation.refits import refit, score_of
from sklearn_trainer.explanation.subject import Subject
from tests.support.training.subjects import subject_of
from tunedrop_common.explanation import Part

DRAW = np.random.default_rng(4)
X = pd.DataFrame(DRAW.normal(size=(160, 3)), columns=pd.Index(["a", "b", "c"]))
Y = np.where(X["a"] + X["b"] + DRAW.normal(size=160) > 0, "yes", "no")


@pytest.fixture(scope="module")
def subject() -> Subject:
    return subject_of(X, Y)


@pytest.fixture(scope="module")
def evidence(subject: Subject) -> Evidence:
    keep = rows_to_keep(subject.dataset, subject.fresh, subject.plan)
    scored = score_contender(
        subject.contender, subject.plan, subject.dataset, subject.fresh.folds, subject.scorers, keep
    )
    results = [Result(subject.contender, "scored", "", scored)]
    found = collect(results, subject.contender.name, subject.dataset, subject.fresh, keep)
    assert found is not None
    return found


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(*_: Any, **__: Any) -> None:
    raise MemoryError


def test_what_fails_of_the_explanation_is_named_and_the_rest_is_there(
    subject: Subject, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classification, "errors", die)
    monkeypatch.setattr(slices, "find", fail)
    parts = Parts(Allowance(600))
    explained = explain.explain(subject, evidence, parts)
    reasons = {each.part: each.reason for each in parts.left_out}
    assert reasons == {
        "errors": "It failed: its process was killed, most likely because memory ran out.",
        "slices": "It failed: it ran out of memory.",
    }
    assert (explained.errors, explained.slices) == (None, None)
    assert explained.learned is not None
    assert explained.learned.importance[0].columns in {("a",), ("b",)}


def test_nothing_outside_of_the_parts_can_fail_the_job_either(
    subject: Subject, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: Any) -> None:
        raise KeyError("no such column")

    monkeypatch.setattr(explain, "_from_predictions", wrong)
    monkeypatch.setattr(explain, "_explain_fitted", wrong)
    parts = Parts(Allowance(600))
    explained = explain.explain(subject, evidence, parts)
    explained = explain.explain_fitted(explained, None, subject, parts)
    assert {each.part for each in explained.left_out} == {*get_args(Part)} - {"ensemble"}
    assert {each.reason for each in explained.left_out} == {"It failed: an unexpected KeyError."}


def test_without_the_models_predictions_the_parts_that_need_them_are_named(
    subject: Subject,
) -> None:
    parts = Parts(Allowance(600))
    explained = explain.explain(subject, None, parts)
    assert [each.part for each in parts.left_out] == ["errors", "slices"]
    assert explained.learned is not None


def test_a_refit_is_the_model_that_was_scored(subject: Subject) -> None:
    found = list(refit(subject, partial(score_of, subject)))
    assert found == list(subject.scores)
    second = list(refit(subject, partial(score_of, subject), folds=subject.fresh.folds[1:2]))
    assert second == [subject.scores[1]]


def test_a_refit_without_a_column_has_not_seen_it(subject: Subject) -> None:
    def names(fold: Any) -> list[str]:
        return [*fold.X]

    assert next(iter(refit(subject, names, without=["a"]))) == ["b", "c"]
    worse = list(refit(subject, partial(score_of, subject), without=["a", "b"]))
    assert np.mean(worse) < np.mean(subject.scores) - 0.1
