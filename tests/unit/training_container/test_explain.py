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
from sklearn_trainer.explanation.collecting import collect, rows_to_keep
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.refits import refit, score_of
from sklearn_trainer.explanation.steps import ExplanationSteps
from sklearn_trainer.explanation.time_budget import TimeBudget
from tests.support.training.explained_models import explained_model_of
from tunedrop_common.explanation import Part

DRAW = np.random.default_rng(4)
X = pd.DataFrame(DRAW.normal(size=(160, 3)), columns=pd.Index(["a", "b", "c"]))
Y = np.where(X["a"] + X["b"] + DRAW.normal(size=160) > 0, "yes", "no")


@pytest.fixture(scope="module")
def explained() -> ExplainedModel:
    return explained_model_of(X, Y)


@pytest.fixture(scope="module")
def predictions(explained: ExplainedModel) -> ContenderPredictions:
    keep = rows_to_keep(explained.dataset, explained.fresh, explained.plan)
    scored = score_contender(
        explained.contender,
        explained.plan,
        explained.dataset,
        explained.fresh.folds,
        explained.scorers,
        keep,
    )
    results = [Result(explained.contender, "scored", "", scored)]
    found = collect(results, explained.contender.name, explained.dataset, explained.fresh, keep)
    assert found is not None
    return found


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(*_: Any, **__: Any) -> None:
    raise MemoryError


def test_what_fails_of_the_explanation_is_named_and_the_rest_is_there(
    explained: ExplainedModel, predictions: ContenderPredictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classification, "errors", die)
    monkeypatch.setattr(slices, "find", fail)
    steps = ExplanationSteps(TimeBudget(600))
    explanation = explain.explain(explained, predictions, steps)
    reasons = {each.part: each.reason for each in steps.skipped}
    assert reasons == {
        "errors": "It failed: its process was killed, most likely because memory ran out.",
        "slices": "It failed: it ran out of memory.",
    }
    assert (explanation.errors, explanation.slices) == (None, None)
    assert explanation.learned is not None
    assert explanation.learned.importance[0].columns in {("a",), ("b",)}


def test_nothing_outside_of_the_parts_can_fail_the_job_either(
    explained: ExplainedModel, predictions: ContenderPredictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: Any) -> None:
        raise KeyError("no such column")

    monkeypatch.setattr(explain, "_from_predictions", wrong)
    monkeypatch.setattr(explain, "_explain_fitted", wrong)
    steps = ExplanationSteps(TimeBudget(600))
    explanation = explain.explain(explained, predictions, steps)
    explanation = explain.explain_fitted(explanation, None, explained, steps)
    assert {each.part for each in explanation.left_out} == {*get_args(Part)} - {"ensemble"}
    assert {each.reason for each in explanation.left_out} == {"It failed: an unexpected KeyError."}


def test_without_the_models_predictions_the_parts_that_need_them_are_named(
    explained: ExplainedModel,
) -> None:
    steps = ExplanationSteps(TimeBudget(600))
    explanation = explain.explain(explained, None, steps)
    assert [each.part for each in steps.skipped] == ["errors", "slices"]
    assert explanation.learned is not None


def test_a_refit_is_the_model_that_was_scored(explained: ExplainedModel) -> None:
    found = list(refit(explained, partial(score_of, explained)))
    assert found == list(explained.scores)
    second = list(refit(explained, partial(score_of, explained), folds=explained.fresh.folds[1:2]))
    assert second == [explained.scores[1]]


def test_a_refit_without_a_column_has_not_seen_it(explained: ExplainedModel) -> None:
    def names(fold: Any) -> list[str]:
        return [*fold.X]

    assert next(iter(refit(explained, names, without=["a"]))) == ["b", "c"]
    worse = list(refit(explained, partial(score_of, explained), without=["a", "b"]))
    assert np.mean(worse) < np.mean(explained.scores) - 0.1
