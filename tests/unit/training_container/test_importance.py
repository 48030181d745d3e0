"""What the model learned: columns that matter are found, and those that say nothing are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.inspection import permutation_importance

from sklearn_trainer.data.dataset import Portion
from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.evaluation.evaluate import fit
from sklearn_trainer.evaluation.scoring import make_scorers
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.importance import MOST_ROWS, measure_importance, shuffle_columns
from sklearn_trainer.explanation.learning_curve import measure_learning
from sklearn_trainer.job_warnings import JobWarnings
from tests.support.training.explained_models import (
    amount_of,
    explained_model_of,
    noise,
    steps_within,
)
from tests.support.training.simulated_noise import NOISE, finds_something
from tunedrop_common.explanation import Importance, Learned

ROWS, TABLES = 200, 100
X = noise(ROWS, 5)
DRAW = np.random.default_rng(1)
AMOUNT = amount_of(X)


def learned_of(explained: ExplainedModel) -> Learned:
    steps = steps_within()
    learned = measure_importance(explained, steps)
    assert learned is not None, steps.skipped
    return learned


def by_columns(learned: Learned) -> dict[tuple[str, ...], Importance]:
    return {importance.columns: importance for importance in learned.importance}


@pytest.fixture(scope="module")
def explained() -> ExplainedModel:
    return explained_model_of(X, AMOUNT, confirm={"repeats": 4})


@pytest.fixture(scope="module")
def learned(explained: ExplainedModel) -> Learned:
    return learned_of(explained)


def test_columns_that_matter_are_found_in_their_order_and_noise_is_not(learned: Learned) -> None:
    assert [importance.columns for importance in learned.importance[:2]] == [("x0",), ("x1",)]
    assert [importance.is_significant for importance in learned.importance] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert (learned.folds, learned.permutations) == (20, 1)
    low, high = learned.importance[0].drop.ends
    assert 0 < (low or 0) < (learned.importance[0].drop.value or 0) < (high or 0)


def test_drops_are_those_of_scikit_learn(explained: ExplainedModel, learned: Learned) -> None:
    pipeline = explained.contender.pipeline(explained.plan, explained.dataset.schema)
    drops = []
    for train, validation in explained.fresh.folds:
        model = fit(pipeline, Portion(X, AMOUNT).take(train), JobWarnings())
        expected = permutation_importance(
            model, X.iloc[validation], AMOUNT[validation], scoring="r2", n_repeats=5, random_state=0
        )
        drops.append(expected.importances_mean)
    for name, value in zip(X.columns, np.mean(drops, axis=0), strict=True):
        assert by_columns(learned)[name,].drop.value == pytest.approx(value, rel=0.15, abs=0.02)


def test_strongly_associated_columns_are_shuffled_together() -> None:
    twice = X.assign(again=np.exp(X["x0"]), noise=DRAW.normal(size=ROWS))
    learned = learned_of(explained_model_of(twice, AMOUNT, "boosting", fixed={"max_iter": "20"}))
    first = learned.importance[0]
    assert (first.columns, first.is_significant) == (("x0", "again"), True)
    assert {len(importance.columns) for importance in learned.importance[1:]} == {1}


def test_categories_moments_and_missing_values_are_shuffled_as_they_were_dropped() -> None:
    mixed = pd.DataFrame(
        {
            "number": X["x1"].where(X["x2"] > -1),
            "when": pd.to_datetime("2026-01-01", utc=True)
            + pd.to_timedelta(DRAW.integers(0, 300, ROWS), "D"),
            "size": pd.Series(np.where(X["x0"] > 0, "large", "small"), dtype="str"),
        }
    )
    learned = learned_of(explained_model_of(mixed, AMOUNT, "boosting", fixed={"max_iter": "20"}))
    assert learned.importance[0].columns == ("size",)
    assert not by_columns(learned)["when",].is_significant


@pytest.mark.parametrize("name", NOISE)
def test_of_tables_without_any_truth_at_most_5_percent_call_a_column_important(name: str) -> None:
    assert sum(finds_something(NOISE[name], seed) for seed in range(TABLES)) <= 0.05 * TABLES


def test_weights_and_groups_are_right() -> None:
    """The second half of the rows, which alone counts, follows another column."""
    half = np.arange(ROWS) < ROWS // 2
    y = np.where(half, X["x0"], X["x1"]).astype(np.float64)
    weighted = RowColumns(weights=np.where(half, 0.0, 1.0))
    learned = learned_of(explained_model_of(X, y, row_columns=weighted))
    assert [
        importance.columns for importance in learned.importance if importance.is_significant
    ] == [("x1",)]
    grouped = RowColumns(groups=np.arange(ROWS) // 5)
    learned = learned_of(explained_model_of(X, AMOUNT, row_columns=grouped))
    assert [
        importance.columns for importance in learned.importance if importance.is_significant
    ] == [("x0",), ("x1",)]


def test_large_folds_are_sampled_with_all_of_their_classes() -> None:
    rows = 2 * MOST_ROWS
    X_large, y = noise(rows, 2), np.where(np.arange(rows) < 3, "rare", "usual")
    model, lengths = DummyClassifier().fit(X_large, y), []

    def predict(X: pd.DataFrame) -> np.ndarray:
        lengths.append(len(X))
        return np.repeat("usual", len(X))

    model.predict = predict
    drops = shuffle_columns(
        model,
        Portion(X_large, y),
        groups=[("x0",), ("x1",)],
        scorers=make_scorers(("balanced_accuracy",), y),
        shuffles=2,
        seed=0,
    )
    assert drops.tolist() == [0.0, 0.0]
    assert set(lengths) == {MOST_ROWS}


def test_without_time_importance_is_excluded_and_named(explained: ExplainedModel) -> None:
    steps = steps_within(10)
    slow = replace(explained, scored=replace(explained.scored, seconds=10_000.0))
    assert measure_importance(slow, steps) is None
    assert measure_learning(slow, steps) is None
    assert [skipped.step for skipped in steps.skipped] == ["importance", "learning curve"]
