"""What kind of problem the target makes: classification or regression."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from tunedrop.errors import DatasetError
from tunedrop.reading.columns import ColumnProfile
from tunedrop.reading.words import is_number
from tunedrop_common.targets import check_size, check_spread

Task = Literal["classification", "regression"]

# Integers with at most so many distinct values are classes, with more a quantity.
MOST_INTEGER_CLASSES = 20

# More than two integers that come back in fewer rows each than there are folds are a quantity.
FEWEST_ROWS_A_CLASS = 5


def choose_task(target: ColumnProfile, told: Task | None) -> tuple[Task, str]:
    """Choose classification or regression, and say why ("" when it was told)."""
    if target.unseen:
        return _task_unseen(target, told), ""
    if target.strays and told != "classification":
        raise text_among_numbers(target)
    words = _words_among_numbers(target) if told is None else []
    if words:
        raise text_among_numbers(replace(target, stray=words[0], strays=len(words)))
    if told == "regression" and target.kind != "numeric" and target.minimum is None:
        raise DatasetError(
            f"A regression needs numbers as its target, and {target.name!r} is {target.kind}",
            to_do="Write `task: classification` in tuning.yaml, or correct the column.",
        )
    if told == "classification" and target.kind == "numeric" and not target.integers:
        raise DatasetError(
            f"A classification needs classes as its target, and {target.name!r} has fractions",
            found=f"{target.distinct} distinct numbers",
            to_do="Write `task: regression` in tuning.yaml, or make classes of the column.",
        )
    task, why = (told, "") if told else _task_of(target)
    low, high = target.minimum, target.maximum
    if task == "classification":
        _check_classes_come_back(target)
    elif low is not None and high is not None:
        check_size(target.name, low, high)
        check_spread(target.name, low, high)
    return task, why


def text_among_numbers(target: ColumnProfile, where: str = "") -> DatasetError:
    """Return the error that says that a target has text among its numbers."""
    return DatasetError(
        f"The target {target.name!r} has text among its numbers",
        where=where,
        found=f"{target.stray[:80]!r}"
        + (f" and {target.strays - 1} more" if target.strays > 1 else ""),
        expected="a number, or nothing, in every row",
        to_do="Correct these rows, or leave the field empty: rows without a target are left out. "
        "If these are classes, write `task: classification` in tuning.yaml.",
    )


def _task_unseen(target: ColumnProfile, told: Task | None) -> Task:
    if told is not None:
        return told
    raise DatasetError(
        f"The target {target.name!r} is too large to be looked at before the run",
        expected="row groups of some megabytes",
        to_do="Write `task: classification` or `task: regression` in tuning.yaml, or write the "
        "Parquet file with smaller row groups.",
    )


def _words_among_numbers(column: ColumnProfile) -> list[str]:
    """Return the words of a column whose other values are mostly numbers, too many for classes."""
    labels = {label for label in column.labels if isinstance(label, str)}
    words = {label for label in labels if not is_number(label)}
    numbers = len(labels) - len(words)
    return sorted(words) if numbers > max(MOST_INTEGER_CLASSES, len(words)) else []


def _task_of(target: ColumnProfile) -> tuple[Task, str]:
    if target.kind != "numeric":
        called = {"boolean": "true or false", "categorical": "text"}.get(target.kind, target.kind)
        return "classification", f"Classification, as the target is {called}."
    if not target.integers:
        return "regression", "Regression, as the target's numbers have fractions."
    if target.distinct > MOST_INTEGER_CLASSES:
        return (
            "regression",
            f"Regression, as the target has more than {MOST_INTEGER_CLASSES} distinct integers.",
        )
    integers = f"the target has {target.distinct} distinct integers"
    if target.distinct > 2 and target.present < FEWEST_ROWS_A_CLASS * target.distinct:
        return "regression", f"Regression, as {integers} in only {target.present} rows."
    return "classification", f"Classification, as {integers} (at most {MOST_INTEGER_CLASSES})."


def _check_classes_come_back(target: ColumnProfile) -> None:
    if target.distinct <= max(2, target.present / 2):
        return
    example = f", such as {target.example[:40]!r}" if target.example else ""
    raise DatasetError(
        f"Nearly every row has a value of its own in the target {target.name!r}",
        found=f"{target.distinct} distinct values in {target.present} rows{example}",
        expected="classes that come back",
        to_do="Write `task: regression` in tuning.yaml, or name another target."
        if target.minimum is not None
        else "Name another column as the target in tuning.yaml. If these are numbers, write them "
        "without units and other words.",
    )
