"""The seeded folds: of the tuning, of Confirm, and the split of the final test rows.

Every training job of a run makes the same folds from the plan and the rows alone. Those of rows in
the order of time learn from the past and score what comes after it; rows of the same time are
always on the same side of a cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn import model_selection

from sklearn_trainer.data.target import Labels
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.job_warnings import JobWarnings
from tunedrop_common.plan import ConfirmPlan, CrossValidation

Rows: TypeAlias = npt.NDArray[np.int64]
Times: TypeAlias = npt.NDArray[Any]
Fold: TypeAlias = tuple[Rows, Rows]

LEAST_ROWS_TO_SCORE = 2  # R² needs two
HOLDOUT_FRACTION = 0.2
FEWEST_TO_COMPARE = 2


@dataclass(frozen=True)
class Splits:
    """What is known of the rows that decides how they are split.

    Parameters
    ----------
    groups
        Of each row: no group is on both sides of a split. None: rows are split without them.
    times
        Of each row, in their order: what is scored comes later. None: rows are shuffled.
    """

    y: Labels
    stratified: bool
    groups: npt.NDArray[Any] | None = None
    times: Times | None = None


class FoldSizes(NamedTuple):
    """How large folds are, on which the error of their scores depends.

    Parameters
    ----------
    ratio
        Scored rows / training rows, in all folds together. Not the mean of the folds' own ratios:
        the first of ordered folds learns from so few rows that its ratio alone would decide.
    rows
        How many different rows are scored.
    """

    ratio: float
    rows: int

    @classmethod
    def of(cls, folds: Sequence[Fold]) -> FoldSizes:
        """Return the sizes of some folds."""
        scored = np.concatenate([validation for _, validation in folds])
        return cls(len(scored) / sum(len(train) for train, _ in folds), len(np.unique(scored)))


@dataclass(frozen=True)
class FreshFolds:
    """Confirm's repeated folds, which no tuning has seen.

    Parameters
    ----------
    number
        Of folds in a repeat, as the data allows.
    folds, repeats
        All folds, and of each the repeat it belongs to, from 0. Repeats may differ in number of
        folds, where some have a single class to learn from, or rows of the same time.
    """

    number: int
    folds: tuple[Fold, ...]
    repeats: tuple[int, ...]

    @cached_property
    def sizes(self) -> FoldSizes:
        """The sizes of all folds."""
        return FoldSizes.of(self.folds)


def make_folds(rows: Splits, plan: CrossValidation, job_warnings: JobWarnings) -> list[Fold]:
    """Return the (training rows, validation rows) of the tuning's folds.

    Example
    -------
    `cross_validate(pipeline, X, y, cv=make_folds(dataset.train.splits(plan), plan.cross_validation,
    JobWarnings()))` gives the scores of a training job.
    """
    if plan.folds == 1:
        fraction = plan.holdout_fraction or HOLDOUT_FRACTION
        folds = [split_off(rows, fraction, seed=plan.seed, job_warnings=job_warnings)]
    else:
        count = _feasible("The tuning", plan.folds, rows, job_warnings)
        if rows.times is not None:
            folds = _consecutive(rows.times, count)
            if len(folds) < count:
                job_warnings.add(
                    _fewer("The tuning", len(folds), count, "many rows have the same time")
                )
        else:
            folds = _once(rows, count, plan.seed)
    return [folds[index] for index in _which_can_learn(folds, rows, job_warnings)]


def fresh_folds(rows: Splits, plan: ConfirmPlan, job_warnings: JobWarnings) -> FreshFolds:
    """Return Confirm's folds."""
    count = _feasible("Confirm", plan.folds, rows, job_warnings)
    if rows.times is not None:
        job_warnings.add(
            "Rows are in the order of time: Confirm's folds have other cuts than the tuning's, but "
            "score many of the same rows, so that its verdict is less sure than on shuffled rows."
        )
        repeats = _repeated(rows.times, count, plan.repeats, plan.seed)
    else:
        # One generator for all repeats, as scikit-learn's RepeatedKFold has.
        generator = np.random.RandomState(plan.seed)
        repeats = [_once(rows, count, generator) for _ in range(plan.repeats)]
    folds = [fold for repeat in repeats for fold in repeat]
    numbers = [number for number, repeat in enumerate(repeats) for _ in repeat]
    learnable = _which_can_learn(folds, rows, job_warnings)
    if len(learnable) < FEWEST_TO_COMPARE:
        raise DatasetError(
            "The rows can be split in one way only, so that models cannot be compared",
            found=f"{len(rows.y)} rows",
            expected="rows of more groups, or at more times",
            to_do="Add rows, or remove group_column or time_column in tuning.yaml.",
        )
    return FreshFolds(
        count,
        tuple(folds[index] for index in learnable),
        tuple(numbers[index] for index in learnable),
    )


def _once(rows: Splits, folds: int, seed: int | np.random.RandomState) -> list[Fold]:
    kinds: dict[tuple[bool, bool], Callable[..., Any]] = {
        (False, False): model_selection.KFold,
        (False, True): model_selection.StratifiedKFold,
        (True, False): model_selection.GroupKFold,
        (True, True): model_selection.StratifiedGroupKFold,
    }
    is_grouped, stratified = rows.groups is not None, rows.stratified
    if is_grouped and stratified:  # which needs one class with a row for every fold
        stratified = bool(np.unique(rows.y, return_counts=True)[1].max() >= folds)
    splitter = kinds[is_grouped, stratified](folds, shuffle=True, random_state=seed)
    splits = splitter.split(np.zeros(len(rows.y)), rows.y, rows.groups)
    # Large groups can leave nothing for some of the folds.
    return [(train, validation) for train, validation in splits if len(train) and len(validation)]


def split_off(rows: Splits, fraction: float, *, seed: int, job_warnings: JobWarnings) -> Fold:
    """Return the training rows, and about so many of all for the final test or the holdout."""
    if rows.times is not None:
        cut = len(rows.times) - max(1, round(len(rows.times) * fraction))
        return _between([cut, len(rows.times)], rows.times)[0]
    if rows.groups is not None:  # one of as many folds as the fraction asks for
        folds = min(round(1 / fraction), len(np.unique(rows.groups)))
        return _once(rows, max(2, folds), seed)[0]
    numbers = np.arange(len(rows.y))
    if rows.stratified:
        try:
            first, second = model_selection.train_test_split(
                numbers, test_size=fraction, random_state=seed, stratify=rows.y
            )
        except ValueError:  # a class with one row, or more classes than rows on one side
            job_warnings.add("Some classes are too small to be split in proportion.")
        else:
            return first, second
    first, second = model_selection.train_test_split(numbers, test_size=fraction, random_state=seed)
    return first, second


def _feasible(job: str, planned: int, rows: Splits, job_warnings: JobWarnings) -> int:
    """Return the number of folds that the data allows, and say so when it is fewer."""
    most = len(rows.y) // LEAST_ROWS_TO_SCORE - (rows.times is not None)
    limits = [(most, f"there are {len(rows.y)} rows")]
    if rows.groups is not None:
        count = len(np.unique(rows.groups))
        limits.append((count, f"there are {count} groups"))
    elif rows.stratified and rows.times is None:
        smallest = int(np.unique(rows.y, return_counts=True)[1].min())
        limits.append((smallest, f"the smallest class has {smallest} rows"))
    most, why = min(limits)
    folds = max(2, min(planned, most))
    if folds < planned:
        job_warnings.add(_fewer(job, folds, planned, why))
    return folds


def _which_can_learn(folds: list[Fold], rows: Splits, job_warnings: JobWarnings) -> list[int]:
    """Exclude folds with a single class to learn from, which groups and time can bring about."""
    if rows.y.dtype.kind == "f":
        return list(range(len(folds)))
    learnable = [
        index for index, (train, _) in enumerate(folds) if len(np.unique(rows.y[train])) > 1
    ]
    if not learnable:
        raise DatasetError(
            "There is no fold with two classes to learn from",
            found=f"{len(folds)} folds of {len(rows.y)} rows",
            expected="rows of two classes in different groups, or early in time",
            to_do="Add rows, or remove group_column or time_column in tuning.yaml.",
        )
    if len(learnable) < len(folds):
        job_warnings.add(
            f"{len(folds) - len(learnable)} of {len(folds)} folds were excluded: they have a "
            "single class to learn from."
        )
    return learnable


def _fewer(job: str, folds: int, planned: int, why: str) -> str:
    return f"{job} has {folds} folds instead of {planned}: {why}."


def _consecutive(times: Times, folds: int) -> list[Fold]:
    """Return scikit-learn's TimeSeriesSplit, its cuts moved to where the time changes."""
    starts = [int(scored[0]) for _, scored in model_selection.TimeSeriesSplit(folds).split(times)]
    return _between([*starts, len(times)], times)


def _repeated(times: Times, folds: int, repeats: int, seed: int) -> list[list[Fold]]:
    """Return each repeat's folds, with cuts of their own and as wide as the consecutive ones.

    The first part is between a half and a whole width long, so that the cuts fall elsewhere.
    """
    width = len(times) // (folds + 1)
    generator = np.random.default_rng(seed)
    most = max(width // 2, 1)
    shorter = 1 + generator.permutation(most)[np.arange(repeats) % most]
    firsts = np.maximum(width - shorter, 1)
    repeated = [
        _between([int(first) + i * width for i in range(folds + 1)], times) for first in firsts
    ]
    return repeated if sum(map(len, repeated)) > 1 else [_consecutive(times, folds)]


def _between(cuts: list[int], times: Times) -> list[Fold]:
    """Make a fold of each two cuts, moved to the nearest row at which the time changes."""
    changes = np.flatnonzero(np.diff(times)) + 1
    if not len(changes):
        raise DatasetError(
            "All rows have the same time, so that none comes after another",
            where="time_column",
            to_do="Name another time_column in tuning.yaml, or none.",
        )
    moved = {
        cut if cut == len(times) else int(changes[np.abs(changes - cut).argmin()]) for cut in cuts
    }
    return [(np.arange(start), np.arange(start, end)) for start, end in pairwise(sorted(moved))]
