"""The seeded folds: of the tuning, of Confirm, and the split of the final test rows.

Every training job of a run makes the same folds from the plan and the target alone.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sklearn_trainer.notes import Notes
from sklearn_trainer.plan import CLASSIFICATION, ConfirmPlan, CrossValidation
from sklearn_trainer.target import Labels

Rows: TypeAlias = npt.NDArray[np.int64]
Fold: TypeAlias = tuple[Rows, Rows]

LEAST_ROWS_TO_SCORE = 2  # R² needs two


def make_folds(y: Labels, plan: CrossValidation, task: str, notes: Notes) -> list[Fold]:
    """Return the (training rows, validation rows) of the tuning's folds.

    Example
    -------
    `cross_validate(pipeline, X, y, cv=make_folds(y, plan.cross_validation, plan.task, Notes()))`
    gives the scores of a training job.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    if plan.folds == 1:
        return [_holdout(y, plan, task, notes)]
    stratified = plan.stratified and task == CLASSIFICATION
    folds = _feasible(plan.folds, y, stratified, notes)
    kind = StratifiedKFold if stratified else KFold
    splitter = kind(folds, shuffle=plan.shuffle, random_state=plan.seed if plan.shuffle else None)
    return list(splitter.split(np.zeros(len(y)), y))


def fresh_folds(y: Labels, plan: ConfirmPlan, task: str, notes: Notes) -> tuple[int, list[Fold]]:
    """Return the number of folds, and Confirm's repeated folds, which no tuning has seen."""
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    stratified = task == CLASSIFICATION
    folds = _feasible(plan.folds, y, stratified, notes)
    kind = RepeatedStratifiedKFold if stratified else RepeatedKFold
    splitter = kind(n_splits=folds, n_repeats=plan.repeats, random_state=plan.seed)
    return folds, list(splitter.split(np.zeros(len(y)), y))


def split_off_test(
    y: Labels, fraction: float, *, seed: int, stratified: bool, notes: Notes
) -> tuple[Rows, Rows]:
    """Return the training rows and the final test's rows."""
    return _split(y, fraction, seed=seed, stratified=stratified, what="final test", notes=notes)


def _holdout(y: Labels, plan: CrossValidation, task: str, notes: Notes) -> Fold:
    fraction = plan.holdout_fraction or 0.2
    if not plan.shuffle:
        first = len(y) - max(1, round(len(y) * fraction))
        return np.arange(first), np.arange(first, len(y))
    stratified = plan.stratified and task == CLASSIFICATION
    return _split(y, fraction, seed=plan.seed, stratified=stratified, what="holdout", notes=notes)


def _split(
    y: Labels, fraction: float, *, seed: int, stratified: bool, what: str, notes: Notes
) -> Fold:
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(y))
    if stratified:
        try:
            first, second = train_test_split(
                rows, test_size=fraction, random_state=seed, stratify=y
            )
        except ValueError:  # a class with one row, or more classes than rows on one side
            notes.add(f"Some classes are too small to be in the {what} in proportion.")
        else:
            return first, second
    first, second = train_test_split(rows, test_size=fraction, random_state=seed)
    return first, second


def _feasible(wanted: int, y: Labels, stratified: bool, notes: Notes) -> int:
    """Return the number of folds that the data allows, and say so when it is fewer."""
    if stratified:
        smallest = int(np.unique(y, return_counts=True)[1].min())
        folds, limit = max(2, min(wanted, smallest)), f"the smallest class has {smallest} rows"
    else:
        most = len(y) // LEAST_ROWS_TO_SCORE
        folds, limit = max(2, min(wanted, most)), f"there are {len(y)} rows"
    if folds < wanted:
        notes.add(f"{folds} folds instead of {wanted}: {limit}.")
    return folds
