"""How rows are split: by chance, by groups or by time, the same way in every training job."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_trainer.data.folds import (
    Fold,
    FoldSizes,
    Splits,
    fresh_folds,
    make_folds,
    split_off,
)
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.job_warnings import JobWarnings
from tunedrop_common.plan import ConfirmPlan, CrossValidation

TASKS = ("classification", "regression")
CONFIRM = ConfirmPlan(
    name="tc", folds=5, repeats=4, seed=9, max_seconds=9, max_seconds_per_contender=1
)


def settings_of(**changes: Any) -> CrossValidation:
    return CrossValidation(**{"folds": 5, "stratified": True, "seed": 1, **changes})


def classes(*values: int) -> Splits:
    return Splits(np.array(values), stratified=True)


def numbers(*values: float) -> Splits:
    return Splits(np.array(values, dtype=np.float64), stratified=False)


def grouped(values: list[int], groups: list[int], *, task: str = "regression") -> Splits:
    y = np.array(values, dtype=np.int64 if task == "classification" else np.float64)
    return Splits(y, task == "classification", groups=np.array(groups))


def ordered(times: list[int], values: list[int] | None = None) -> Splits:
    y = np.arange(float(len(times))) if values is None else np.array(values)
    return Splits(y, False, times=np.sort(np.array(times, dtype=np.float64)))


def numbers_of(folds: Sequence[Fold]) -> list[list[list[int]]]:
    return [[rows.tolist() for rows in fold] for fold in folds]


def test_the_same_plan_gives_the_same_folds_and_another_seed_others() -> None:
    rows = classes(*[0, 1] * 20)
    first, second, reseeded = (
        make_folds(rows, settings_of(seed=s), JobWarnings()) for s in (1, 1, 2)
    )
    assert numbers_of(first) == numbers_of(second) != numbers_of(reseeded)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (classes(*[0] * 20, *[1] * 3), "the smallest class has 3 rows"),
        (numbers(*range(7)), "there are 7 rows"),
        (grouped(list(range(12)), [0, 1, 2] * 4), "there are 3 groups"),
    ],
    ids=["classes", "rows", "groups"],
)
def test_folds_adapt_to_the_data_and_say_so(rows: Splits, reason: str) -> None:
    job_warnings = JobWarnings()
    folds = make_folds(rows, settings_of(), job_warnings)
    assert len(folds) == 3
    assert min(len(validation) for _, validation in folds) >= 2
    assert job_warnings.sentences == [f"The tuning has 3 folds instead of 5: {reason}."]
    assert all(len(set(rows.y[train])) > 1 for train, _ in folds)


@given(
    st.lists(st.integers(0, 3), min_size=4, max_size=60),
    st.integers(2, 10),
    st.sampled_from(TASKS),
)
def test_folds_part_the_rows(values: list[int], count: int, task: str) -> None:
    counts = np.unique(values, return_counts=True)[1]
    if task == "classification" and (len(counts) < 2 or counts.min() < 2):
        return
    rows = classes(*values) if task == "classification" else numbers(*values)
    folds = make_folds(rows, settings_of(folds=count), JobWarnings())
    assert 2 <= len(folds) <= count
    assert sorted(np.concatenate([validation for _, validation in folds])) == list(
        range(len(values))
    )
    for train, validation in folds:
        assert sorted([*train, *validation]) == list(range(len(values)))
        if task == "classification":
            assert set(rows.y[train]) == set(values)


@pytest.mark.parametrize(
    "rows",
    [classes(*[0, 1] * 30), grouped(list(range(60)), [i // 3 for i in range(60)])],
    ids=["shuffled", "grouped"],
)
def test_confirms_folds_are_repeated_and_new(rows: Splits) -> None:
    confirm_folds = fresh_folds(rows, CONFIRM, JobWarnings())
    count, fresh = confirm_folds.number, confirm_folds.folds
    tuned = make_folds(rows, settings_of(), JobWarnings())
    assert (count, len(fresh)) == (5, 20)
    assert FoldSizes.of(fresh).ratio == 0.25
    assert FoldSizes.of(fresh).rows == 60
    tuned_validation = {tuple(validation) for _, validation in tuned}
    assert not tuned_validation & {tuple(validation) for _, validation in fresh}


GROUPS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=8, max_size=60)


@given(GROUPS, st.integers(1, 8), st.sampled_from(TASKS), st.integers(0, 3))
@settings(max_examples=40)
def test_no_group_is_ever_on_both_sides(
    pairs: list[tuple[int, int]], folds: int, task: str, seed: int
) -> None:
    values, groups = [v for v, _ in pairs], [g for _, g in pairs]
    if len(set(groups)) < 3:
        return
    rows = grouped(values, groups, task=task)
    plan = settings_of(folds=folds, seed=seed, holdout_fraction=0.2 if folds == 1 else None)
    test = split_off(rows, 0.2, seed=seed, job_warnings=JobWarnings())
    assert sorted([*test[0], *test[1]]) == list(range(len(values)))
    splits = [test]
    # Groups can be such that no fold has two classes to learn from.
    with contextlib.nullcontext() if task == "regression" else contextlib.suppress(DatasetError):
        tuned = make_folds(rows, plan, JobWarnings())
        assert numbers_of(tuned) == numbers_of(make_folds(rows, plan, JobWarnings()))
        scored = np.concatenate([validation for _, validation in tuned])
        assert len(scored) == len(set(scored))
        splits += [*tuned, *fresh_folds(rows, CONFIRM, JobWarnings()).folds]
    for train, validation in splits:
        assert len(train)
        assert len(validation)
        assert not set(rows.groups[train]) & set(rows.groups[validation])  # type: ignore[index]


TIMES = st.lists(st.integers(0, 30), min_size=8, max_size=80)


@given(TIMES, st.integers(1, 8), st.integers(0, 3))
def test_no_fold_of_ordered_rows_learns_from_the_future(
    times: list[int], folds: int, seed: int
) -> None:
    rows = ordered(times)
    assert rows.times is not None
    plan = settings_of(folds=folds, seed=seed, stratified=False)
    if len(set(times)) == 1:
        with pytest.raises(DatasetError, match="same time"):
            make_folds(rows, plan, JobWarnings())
        return
    tuned = make_folds(rows, plan, JobWarnings())
    scored = np.concatenate([validation for _, validation in tuned])
    assert len(scored) == len(set(scored))
    fresh: Sequence[Fold] = []
    with contextlib.suppress(DatasetError):  # two times can be split in one way only
        fresh = fresh_folds(rows, CONFIRM, JobWarnings()).folds
    assert len(fresh) > 1 or len(set(times)) < 4
    test = split_off(rows, 0.2, seed=seed, job_warnings=JobWarnings())
    for train, validation in [*tuned, *fresh, test]:
        assert len(train)
        assert len(validation)
        assert rows.times[train].max() < rows.times[validation].min()
    assert test[1].max() == len(times) - 1


def test_ordered_folds_are_scikit_learns_where_no_times_are_equal() -> None:
    from sklearn.model_selection import TimeSeriesSplit

    tuned = make_folds(ordered(list(range(47))), settings_of(stratified=False), JobWarnings())
    assert numbers_of(tuned) == numbers_of(list(TimeSeriesSplit(5).split(np.zeros(47))))


def test_confirms_ordered_folds_have_cuts_of_their_own_and_say_what_that_is_worth() -> None:
    rows, job_warnings = ordered(list(range(120))), JobWarnings()
    starts = {int(v[0]) for _, v in make_folds(rows, settings_of(stratified=False), JobWarnings())}
    fresh = fresh_folds(rows, CONFIRM, job_warnings).folds
    assert len(fresh) == 20
    assert not starts & {int(validation[0]) for _, validation in fresh}
    assert len({int(validation[0]) for _, validation in fresh}) == 20
    scored, learnt = (sum(len(fold[side]) for fold in fresh) for side in (1, 0))
    assert FoldSizes.of(fresh).ratio == pytest.approx(scored / learnt)
    assert 0.25 < FoldSizes.of(fresh).ratio < 0.4
    assert "less sure" in job_warnings.sentences[0]


def test_folds_with_one_class_to_learn_from_are_excluded_and_counted() -> None:
    job_warnings = JobWarnings()
    rows = ordered(list(range(60)), [0] * 25 + [1, 0] * 17 + [1])
    folds = make_folds(rows, settings_of(stratified=False), job_warnings)
    assert len(folds) == 3
    assert "2 of 5 folds were excluded" in job_warnings.sentences[0]
    with pytest.raises(DatasetError, match="two classes to learn from"):
        make_folds(
            ordered(list(range(60)), [0] * 59 + [1]), settings_of(stratified=False), JobWarnings()
        )


def test_each_fresh_fold_says_which_repeat_it_belongs_to() -> None:
    fresh = fresh_folds(numbers(*range(40)), CONFIRM, JobWarnings())
    assert fresh.repeats == tuple(repeat for repeat in range(4) for _ in range(5))
    # Early times with a single class: some folds, of any repeat, have nothing to learn.
    rows = ordered([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1] * 5 + [0, 1] * 3 + [0])
    fresh = fresh_folds(rows, CONFIRM, JobWarnings())
    assert len(fresh.folds) == len(fresh.repeats) < 20
    pairs = zip(fresh.folds, fresh.repeats, strict=True)
    scored = [(repeat, row) for (_, validation), repeat in pairs for row in validation]
    assert len(scored) == len(set(scored))
