from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_trainer.folds import fresh_folds, make_folds
from sklearn_trainer.notes import Notes
from sklearn_trainer.plan import ConfirmPlan, CrossValidation

TASKS = ("classification", "regression")


def settings_of(**changes: Any) -> CrossValidation:
    return CrossValidation(**{"folds": 5, "stratified": True, "seed": 1, **changes})


def test_the_same_plan_gives_the_same_folds_and_another_seed_others() -> None:
    y = np.array([0, 1] * 20)
    first, second, other = (
        make_folds(y, settings_of(seed=seed), "classification", Notes()) for seed in (1, 1, 2)
    )
    assert all((a[1] == b[1]).all() for a, b in zip(first, second, strict=True))
    assert any((a[1] != b[1]).any() for a, b in zip(first, other, strict=True))


def test_folds_adapt_to_the_smallest_class_and_say_so() -> None:
    notes = Notes()
    folds = make_folds(np.array([0] * 20 + [1] * 3), settings_of(), "classification", notes)
    assert len(folds) == 3
    assert notes.sentences == ["3 folds instead of 5: the smallest class has 3 rows."]
    assert all(1 in (train % 23 >= 20) for train, _ in folds)


def test_every_fold_of_a_small_regression_can_be_scored() -> None:
    folds = make_folds(np.arange(7.0), settings_of(), "regression", Notes())
    assert len(folds) == 3
    assert min(len(validation) for _, validation in folds) >= 2


def test_one_fold_is_a_holdout() -> None:
    plan = settings_of(folds=1, holdout_fraction=0.25)
    [(train, validation)] = make_folds(np.array([0, 1] * 20), plan, "classification", Notes())
    assert (len(train), len(validation)) == (30, 10)
    assert not set(train) & set(validation)


def test_folds_without_shuffling_keep_the_order_of_the_rows() -> None:
    plan = settings_of(shuffle=False, stratified=False)
    folds = make_folds(np.arange(10.0), plan, "regression", Notes())
    assert folds[0][1].tolist() == [0, 1]
    plan = settings_of(folds=1, shuffle=False, stratified=False, holdout_fraction=0.2)
    [(_, validation)] = make_folds(np.arange(10.0), plan, "regression", Notes())
    assert validation.tolist() == [8, 9]


@given(
    st.lists(st.integers(0, 3), min_size=4, max_size=60),
    st.integers(2, 10),
    st.sampled_from(TASKS),
)
@settings(max_examples=80, deadline=None)
def test_folds_part_the_rows(values: list[int], wanted: int, task: str) -> None:
    y = np.array(values, dtype=np.int64 if task == "classification" else np.float64)
    if task == "classification" and np.unique(y, return_counts=True)[1].min() < 2:
        return
    folds = make_folds(y, settings_of(folds=wanted), task, Notes())
    assert 2 <= len(folds) <= wanted
    assert sorted(np.concatenate([validation for _, validation in folds])) == list(range(len(y)))
    for train, validation in folds:
        assert sorted([*train, *validation]) == list(range(len(y)))
        if task == "classification":
            assert set(y[train]) == set(y)


def test_confirms_folds_are_repeated_and_new() -> None:
    y = np.array([0, 1] * 30)
    plan = ConfirmPlan(folds=5, repeats=4, seed=9, max_seconds_per_contender=1)
    count, fresh = fresh_folds(y, plan, "classification", Notes())
    tuned = make_folds(y, settings_of(), "classification", Notes())
    assert (count, len(fresh)) == (5, 20)
    seen = {tuple(validation) for _, validation in tuned}
    assert not seen & {tuple(validation) for _, validation in fresh}
