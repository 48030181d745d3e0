"""How the rows are used: folds of the tuning, the final test, the repeated folds of Confirm."""

from __future__ import annotations

import math
from typing import Literal

from sklearn_trainer.data.column_profiles import ColumnProfile
from tunedrop.errors import DatasetError, TuningConfigError
from tunedrop.planning.tuning_config.model import HYPERBAND_FOLDS, TuningConfig
from tunedrop_common.data_text import quote
from tunedrop_common.plan import CrossValidation, FinalTest, Task

DEFAULT_FOLDS = 5
CONFIRM_FOLDS = 5

# Above it, one holdout says as much as five folds, at a fifth of the cost.
ROWS_FOR_ONE_HOLDOUT = 100_000
HOLDOUT_FRACTION = 0.2

# Below it, every row is needed for training, and a fifth of them says little.
ROWS_FOR_A_FINAL_TEST = 1_000
TEST_FRACTION = 0.2

# Confirm's contenders are scored folds x repeats times each.
_REPEATS = ((20_000, 4), (100_000, 2))

_MIN_ROWS_PER_FOLD = 2


def choose_folds(
    config: TuningConfig, task: Task, rows: int, seed: int
) -> tuple[CrossValidation, str]:
    """Choose the tuning's folds, and say why ("" when tuning.yaml says it)."""
    folds, why = config.folds, ""
    if folds is None and config.strategy == "hyperband":
        folds = HYPERBAND_FOLDS[0]
        why = f"{folds} folds: they are the resource of Hyperband."
    elif folds is None and rows > ROWS_FOR_ONE_HOLDOUT:
        folds = 1
        why = f"One holdout of a fifth instead of folds above {ROWS_FOR_ONE_HOLDOUT} rows."
    elif folds is None:
        folds = DEFAULT_FOLDS
        why = f"{folds} folds, the default."
    kind = fold_kind(config)
    # Ordered folds train on one part more than they score: the oldest rows.
    min_rows = (folds + (kind == "ordered")) * _MIN_ROWS_PER_FOLD
    if rows < min_rows:
        raise DatasetError(
            f"The table has too few rows for {folds} folds",
            where=config.where("folds") if config.folds else "",
            found=f"{rows} rows",
            expected=f"at least {min_rows}",
            to_do="Add rows to the dataset, or write fewer folds.",
        )
    return (
        CrossValidation(
            kind=kind,
            folds=folds,
            stratified=task == "classification" and kind != "ordered",
            seed=seed,
            holdout_fraction=HOLDOUT_FRACTION if folds == 1 else None,
        ),
        why,
    )


def fold_kind(config: TuningConfig) -> Literal["shuffled", "grouped", "ordered"]:
    """Return how rows are split: by groups, by time, or by chance."""
    if config.group_column is not None:
        return "grouped"
    return "ordered" if config.time_column is not None else "shuffled"


def training_rows(rows: int, folds: CrossValidation) -> int:
    """Return how many of the rows a fold of the tuning or of Confirm is trained on at least.

    Of groups and of ordered rows, whose folds differ in size, it is all that may be.
    """
    if folds.kind != "shuffled":
        return rows
    share = HOLDOUT_FRACTION if folds.folds == 1 else 1 / min(folds.folds, CONFIRM_FOLDS)
    return max(1, rows - math.ceil(rows * share))


def choose_final_test(
    config: TuningConfig, rows: int, has_test_file: bool
) -> tuple[FinalTest, str]:
    """Choose the rows of the final test, and say why ("" when tuning.yaml says it)."""
    fraction = config.test_fraction
    if has_test_file:
        if fraction:
            raise TuningConfigError(
                "The dataset has a test file, so test_fraction cannot be used",
                where=config.where("test_fraction"),
                found=f"{fraction}",
                to_do="Remove `test_fraction`, or the test file.",
            )
        return FinalTest(kind="file"), "The held-out test set is the dataset's test file."
    if fraction == 0:
        return FinalTest(kind="none"), ""
    if fraction is not None:
        return FinalTest(kind="fraction", fraction=fraction), ""
    if rows >= ROWS_FOR_A_FINAL_TEST:
        held_out = {
            "grouped": "A fifth of the groups",
            "ordered": "The latest fifth of the rows",
            "shuffled": "A fifth of the rows",
        }
        return (
            FinalTest(kind="fraction", fraction=TEST_FRACTION),
            f"{held_out[fold_kind(config)]} is the held-out test set.",
        )
    return (
        FinalTest(kind="none"),
        f"There is no held-out test set below {ROWS_FOR_A_FINAL_TEST} rows.",
    )


def check_class_sizes(target: ColumnProfile, test: FinalTest) -> None:
    """Check that two classes or more have enough rows for any fold.

    A class needs a row to train on and one to score, beside the one that a final test takes.
    """
    min_rows = 3 if test.kind == "fraction" else 2
    if target.second < min_rows:
        raise DatasetError(
            f"Only one class of the target {quote(target.name)} has enough rows",
            found=f"{target.distinct} classes, the second largest with {target.second} rows",
            expected=f"two classes or more with at least {min_rows} rows each",
            to_do="Add rows of the other classes, or name another target in tuning.yaml.",
        )


def rows_left(rows: int, test: FinalTest) -> int:
    """Return how many of the rows the folds get."""
    return rows - round(rows * (test.fraction or 0)) if test.kind == "fraction" else rows


def confirm_repeats(rows: int) -> int:
    """Return how often Confirm repeats its folds: fewer times where many rows make them dear."""
    return next((repeats for most_rows, repeats in _REPEATS if rows <= most_rows), 1)
