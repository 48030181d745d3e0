"""What the model learned: columns that matter are found, and those that say nothing are not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.inspection import permutation_importance
from sklearn.pipeline import make_pipeline

from sklearn_trainer.data.row_columns import RowColumns
from sklearn_trainer.evaluation.contenders import score_contender
from sklearn_trainer.evaluation.evaluate import FittedFold, fit
from sklearn_trainer.evaluation.scoring import make_scorers
from sklearn_trainer.explanation.explained_model import ExplainedModel
from sklearn_trainer.explanation.importance import importance
from sklearn_trainer.explanation.learning_curve import learning_curve
from sklearn_trainer.explanation.refits import refit, score_of
from sklearn_trainer.explanation.removable import MARGIN, removable
from sklearn_trainer.explanation.shuffling import shuffle
from sklearn_trainer.explanation.time_budget import Pace
from sklearn_trainer.notes import Notes
from tests.support.training.explained_models import (
    amount_of,
    explained_model_of,
    first_folds,
    noise,
    steps_within,
)
from tests.support.training.simulated_noise import NOISE, finds_something
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.explanation import Importance, Learned
from tunedrop_common.plan import ChampionMember

ROWS, TABLES = 200, 100
X = noise(ROWS, 5)
DRAW = np.random.default_rng(1)
AMOUNT = amount_of(X)
SIZE = pd.Series(np.where(X["x0"] > 0, "large", "small"), dtype="str")


def learned_of(explained: ExplainedModel) -> Learned:
    there = steps_within()
    found = importance(explained, there)
    assert found is not None, there.skipped
    return found


def by_columns(learned: Learned) -> dict[tuple[str, ...], Importance]:
    return {each.columns: each for each in learned.importance}


@pytest.fixture(scope="module")
def explained() -> ExplainedModel:
    return explained_model_of(X, AMOUNT, confirm={"repeats": 4})


@pytest.fixture(scope="module")
def learned(explained: ExplainedModel) -> Learned:
    return learned_of(explained)


def test_columns_that_matter_are_found_in_their_order_and_noise_is_not(learned: Learned) -> None:
    assert [each.columns for each in learned.importance[:2]] == [("x0",), ("x1",)]
    assert [each.surely for each in learned.importance] == [True, True, False, False, False]
    assert (learned.folds, learned.permutations) == (20, 5)
    first = learned.importance[0].drop
    assert first.value is not None
    assert first.interval is not None
    assert first.interval[0] is not None
    assert 0 < first.interval[0] < first.value


def test_drops_are_those_of_scikit_learn(explained: ExplainedModel, learned: Learned) -> None:
    pipeline = explained.contender.pipeline(explained.plan, explained.dataset.schema)
    drops = []
    for train, validation in explained.fresh.folds:
        model = fit(pipeline, X.iloc[train], AMOUNT[train], Notes())
        found = permutation_importance(
            model, X.iloc[validation], AMOUNT[validation], scoring="r2", n_repeats=5, random_state=0
        )
        drops.append(found.importances_mean)
    expected = np.mean(drops, axis=0)
    for name, value in zip(X.columns, expected, strict=True):
        assert by_columns(learned)[name,].drop.value == pytest.approx(value, rel=0.15, abs=0.01)


def test_the_same_run_finds_the_same(explained: ExplainedModel, learned: Learned) -> None:
    assert learned_of(explained) == learned


def test_columns_that_say_the_same_are_shuffled_together() -> None:
    twice = X.assign(again=np.exp(X["x0"]), noise=DRAW.normal(size=ROWS))
    found = learned_of(explained_model_of(twice, AMOUNT, "boosting", fixed={"max_iter": "20"}))
    first = found.importance[0]
    assert (first.columns, first.surely) == (("x0", "again"), True)
    assert {len(each.columns) for each in found.importance[1:]} == {1}


@pytest.mark.parametrize(
    ("model", "metric"),
    [("linear", "roc_auc"), ("linear", "neg_log_loss"), ("machine", "f1"), ("tree", "accuracy")],
)
def test_whatever_the_metric_asks_the_model_for(model: str, metric: str) -> None:
    y = np.where(AMOUNT > 0, 1, 0)
    explained = explained_model_of(X, y, model, metric=metric)
    explained = replace(explained, fresh=first_folds(explained, 5))
    found = learned_of(explained)
    assert found.importance[0].columns == ("x0",)
    assert found.importance[0].surely


def test_categories_moments_and_missing_values_are_shuffled_as_they_were_dropped() -> None:
    mixed = pd.DataFrame(
        {
            "number": X["x1"].where(X["x2"] > -1),
            "when": pd.to_datetime("2026-01-01", utc=True)
            + pd.to_timedelta(DRAW.integers(0, 300, ROWS), "D"),
            "size": SIZE,
        }
    )
    found = learned_of(explained_model_of(mixed, AMOUNT, "boosting", fixed={"max_iter": "20"}))
    assert found.importance[0].columns == ("size",)
    assert not by_columns(found)["when",].surely


def test_a_model_that_ignores_the_columns_has_learned_nothing_from_them() -> None:
    y = np.where(AMOUNT > 0, "yes", "no")
    found = learned_of(explained_model_of(X, y, "dummy"))
    assert {each.drop.value for each in found.importance} == {0.0}
    assert not any(each.surely for each in found.importance)


@pytest.mark.parametrize("name", NOISE)
def test_of_tables_without_any_truth_at_most_5_percent_call_a_column_important(name: str) -> None:
    assert sum(finds_something(NOISE[name], seed) for seed in range(TABLES)) <= 0.05 * TABLES


def test_weights_and_groups_are_right() -> None:
    """The second half of the rows, which alone counts, follows another column."""
    y = np.where(np.arange(ROWS) < ROWS // 2, X["x0"], X["x1"]).astype(np.float64)
    weights = np.where(np.arange(ROWS) < ROWS // 2, 0.0, 1.0)
    found = learned_of(explained_model_of(X, y, about=RowColumns(weights=weights)))
    assert [each.columns for each in found.importance if each.surely] == [("x1",)]
    groups = np.arange(ROWS) // 5
    found = learned_of(explained_model_of(X, AMOUNT, about=RowColumns(groups=groups)))
    assert [each.columns for each in found.importance if each.surely] == [("x0",), ("x1",)]


def test_an_ensemble_is_refitted_with_the_members_that_each_fold_chose(
    explained: ExplainedModel,
) -> None:
    plan, fresh = explained.plan, explained.fresh.folds
    one, other = (
        ChampionMember(
            estimator=explained.contender.estimator, hyperparameters={"alpha": alpha}, weight=1.0
        )
        for alpha in ("1", "1000")
    )
    of_folds = tuple((one,) if place % 3 else (other,) for place in range(len(fresh)))
    ensemble = replace(explained.contender, members=(one,), members_of_folds=of_folds)
    scorers = {plan.metric.objective: explained.scorers[plan.metric.objective]}
    scores = score_contender(ensemble, plan, explained.dataset, fresh, scorers).scores
    combined = replace(explained, contender=ensemble, scores=scores)
    some = [fresh[3], fresh[1]]
    again = list(refit(combined, partial(score_of, combined), folds=some))
    assert again == pytest.approx([scores[3], scores[1]])
    assert again[0] < again[1] - 0.1


def test_with_little_time_there_are_fewer_permutations_then_fewer_folds(
    explained: ExplainedModel,
) -> None:
    slow = replace(explained, pace=Pace(fit=100.0, score=0.0))
    found = importance(slow, steps_within(1000))
    assert found is not None
    assert (found.folds, found.permutations) == (20, 1)


def test_with_little_time_there_are_fewer_rows_in_which_each_class_has_its_share() -> None:
    many = noise(1000, 12)
    y = np.where(np.arange(1000) < 7, "rare", "usual")
    model = make_pipeline(DummyClassifier()).fit(many, y)
    fold = FittedFold(model, np.arange(1000), many, y, None)
    groups, scorers = [(str(name),) for name in many], make_scorers(("accuracy",), y)
    given: dict[str, Any] = {"permutations": 5, "seed": 0}
    slow = shuffle(fold, groups, scorers, **given, seconds=0)
    assert slow.score == pytest.approx(100 / 101)
    assert slow.shuffled.shape == (1, 12)
    quick = shuffle(fold, groups, scorers, **given, seconds=600)
    assert quick.score == pytest.approx(993 / 1000)
    assert quick.shuffled.shape == (5, 12)


def test_without_time_importance_is_left_out_and_named(explained: ExplainedModel) -> None:
    there = steps_within(10)
    slow = replace(explained, pace=Pace(fit=100.0, score=1.0))
    assert importance(slow, there) is None
    assert learning_curve(slow, there) is None
    assert [each.part for each in there.skipped] == ["importance", "learning curve"]


def test_columns_without_which_a_refit_is_no_worse_are_named(
    explained: ExplainedModel, learned: Learned
) -> None:
    found = removable(explained, learned, steps_within())
    assert found is not None
    assert sorted(found.columns) == ["x2", "x3", "x4"]
    assert found.margin == pytest.approx(
        MARGIN * (np.mean(explained.scores) - np.mean(explained.guessing))
    )
    assert found.change.interval is not None
    assert found.change.interval[0] is not None
    assert found.change.interval[0] >= -found.margin


def test_columns_that_matter_together_are_not_removable() -> None:
    """Each of many says too little to be important by itself."""
    many = noise(ROWS, 30, seed=3)
    y = many.to_numpy().sum(axis=1) + np.random.default_rng(4).normal(size=ROWS)
    explained = explained_model_of(many, y)
    small = IntervalEstimate(value=0.0, interval=(-0.1, 0.1))
    doubtful = Learned(
        folds=20,
        permutations=5,
        importance=tuple(
            Importance(columns=(name,), drop=small, surely=name == "x0") for name in many
        ),
    )
    there = steps_within()
    assert removable(explained, doubtful, there) is None
    assert there.skipped == []


def test_where_all_columns_matter_or_none_nothing_is_removable() -> None:
    two = X[["x0", "x1"]]
    explained = explained_model_of(two, AMOUNT)
    assert removable(explained, learned_of(explained), steps_within()) is None
    useless = explained_model_of(X[["x3", "x4"]], AMOUNT)
    assert removable(useless, learned_of(useless), steps_within()) is None
