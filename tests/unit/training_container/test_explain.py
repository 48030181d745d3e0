"""The explanation as a whole: what fails of it is left out, and refits are the scored model's."""

from __future__ import annotations

import os
import signal
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.explanation import explain
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.steps import ExplanationSteps
from tests.support.training.explained_models import explained_model_of, predictions_of
from tunedrop_common.explanation import ExplanationStep, Learned

DRAW = np.random.default_rng(4)
X = pd.DataFrame(DRAW.normal(size=(160, 3)), columns=pd.Index(["a", "b", "c"]))
Y = np.where(X["a"] + X["b"] + DRAW.normal(size=160) > 0, "yes", "no")


@pytest.fixture(scope="module")
def explained() -> ExplainedModel:
    return explained_model_of(X, Y)


@pytest.fixture(scope="module")
def predictions(explained: ExplainedModel) -> ContenderPredictions:
    return predictions_of(explained)


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(*_: Any, **__: Any) -> None:
    raise MemoryError


def test_what_fails_of_the_explanation_is_named_and_the_rest_is_there(
    explained: ExplainedModel, predictions: ContenderPredictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "explain_errors", die)
    monkeypatch.setattr(explain, "find_segments", fail)
    steps = ExplanationSteps(600)
    explanation = explain.explain(explained, predictions, steps)
    reasons = {skipped.step: skipped.reason for skipped in steps.skipped}
    assert reasons == {
        "errors": "It failed: its process was killed, most likely for lack of memory.",
        "segments": "It failed: it ran out of memory.",
    }
    assert (explanation.errors, explanation.segments) == (None, None)
    assert explanation.learned is not None
    assert explanation.learned.importance[0].columns in {("a",), ("b",)}


def test_nothing_outside_of_the_parts_can_fail_the_job_either(
    explained: ExplainedModel, predictions: ContenderPredictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: Any) -> None:
        raise KeyError("no such column")

    monkeypatch.setattr(explain, "find_duplicates", wrong)
    monkeypatch.setattr(explain, "find_dependence", wrong)
    steps = ExplanationSteps(600)
    explanation = explain.explain(explained, predictions, steps)
    explanation = explanation.model_copy(
        update={"learned": Learned(folds=1, permutations=1, importance=())}
    )
    explanation = explain.explain_fitted(explanation, None, explained, steps)
    assert {skipped.step for skipped in explanation.skipped} == {*get_args(ExplanationStep)}
    assert {skipped.reason for skipped in explanation.skipped} == {
        "It failed: an unexpected KeyError."
    }


def test_without_the_models_predictions_the_parts_that_need_them_are_named(
    explained: ExplainedModel,
) -> None:
    steps = ExplanationSteps(600)
    explanation = explain.explain(explained, None, steps)
    assert [skipped.step for skipped in steps.skipped] == ["errors", "segments"]
    assert explanation.learned is not None


def test_a_refit_is_the_model_that_was_scored(explained: ExplainedModel) -> None:
    folds = explained.fresh.folds
    assert explained.rescore(folds) == list(explained.scored.scores)
    assert explained.rescore(folds[1:2]) == [explained.scored.scores[1]]


def test_a_refit_without_a_column_has_not_seen_it(explained: ExplainedModel) -> None:
    def names(_: Any, rows: Portion) -> list[str]:
        return [*rows.X]

    folds = explained.fresh.folds
    assert next(iter(explained.refit(names, folds, without=["a"]))) == ["b", "c"]
    worse = explained.rescore(folds, without=["a", "b"])
    assert np.mean(worse) < np.mean(explained.scored.scores) - 0.1
