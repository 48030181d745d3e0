"""Reads the target column: class labels or numbers, and which rows have one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sklearn_trainer.data import values
from sklearn_trainer.data.frames import read_floats
from sklearn_trainer.data.text_parsing import TextColumn, parse_booleans
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.schema import GREATEST_NUMBER
from tunedrop_common.data_text import quote, quote_in_yaml
from tunedrop_common.plan import Column, Kind, Plan, Task

Labels: TypeAlias = npt.NDArray[Any]

MINIMUM_ROWS = 4

# Of labels that are read as an array of text: beyond it, it has references to words instead.
MAX_LABEL_BYTES = 2**28

# Of the numbers of a target: sums of their squares lose digits.
LEAST_SPREAD = 1e-30
LEAST_RELATIVE_SPREAD = 1e-12

_GREATEST_LABEL = 2.0**63  # a whole number that int64 cannot hold is a word


def read_target(
    column: pa.ChunkedArray, plan: Plan, job_warnings: JobWarnings
) -> tuple[Labels, values.Mask]:
    """Return the target of every row, shape (n_rows,), and a mask of the rows that have one.

    A class of another type than the plan's labels counts as no target.

    Raises
    ------
    DatasetError
        If more than `STRAY_SHARE` of the values are of another type than the plan says.
    """
    if plan.task != "classification":
        return _read_numbers(column, plan, job_warnings)
    label = next(iter(plan.data.labels), None)
    if label is None:
        return infer_labels(column)
    if isinstance(label, str):
        return _read_labels(column)
    is_boolean = isinstance(label, bool)
    numbers, is_wrong = _read(column, "boolean" if is_boolean else "numeric", plan.data.decimal)
    if not is_boolean:
        is_wrong = is_wrong | (np.isfinite(numbers) & (numbers != np.floor(numbers)))
    count = values.check_misfits(
        "The target has classes of another type than the training rows that were read",
        column,
        is_wrong,
        plan.data.target,
        expected="true or false" if is_boolean else "whole numbers",
        to_do="Write all classes alike, or write "
        f"`column_kinds: {{{quote_in_yaml(plan.data.target)}: categorical}}` in tuning.yaml.",
    )
    if count:
        job_warnings.add(f"Classes of another type, which count as no target: {count}.")
    is_known = np.isfinite(numbers) & ~is_wrong
    return np.where(is_known, numbers, 0).astype(np.bool_ if is_boolean else np.int64), is_known


def read_outcomes(
    column: pa.ChunkedArray, classes: Sequence[str | int | bool] | None, decimal: str
) -> tuple[Labels, values.Mask, values.Mask]:
    """Return the target of rows that a model is scored by, which may be damaged in any way.

    Parameters
    ----------
    classes
        Those that training had, in sorted order; None in a regression.

    Returns
    -------
    The position among the classes, or the number; a mask of the rows that have one; and a mask of
    those with a value that is none.
    """
    if classes is None or not isinstance(classes[0], str):
        is_boolean = classes is not None and isinstance(classes[0], bool)
        numbers, is_wrong = _read(column, "boolean" if is_boolean else "numeric", decimal)
        is_usable = ~is_wrong & (np.abs(numbers) <= GREATEST_NUMBER)
        if classes is not None:
            is_usable &= np.isin(numbers, np.asarray(classes, dtype=np.float64))
        is_wrong = is_wrong | (~np.isnan(numbers) & ~is_usable)
        actual = numbers if classes is None else np.searchsorted(np.asarray(classes), numbers)
        return actual, is_usable, is_wrong
    words, present = _read_labels(column)
    is_usable = present & np.isin(words, classes)
    return np.searchsorted(classes, words), is_usable, present & ~is_usable


def infer_target(column: pa.ChunkedArray, task: Task, decimal: str) -> tuple[Labels, values.Mask]:
    """Return the target of every row, shape (n_rows,), and a mask of the rows that have one."""
    if task == "classification":
        return infer_labels(column)
    numbers, _ = _read(column, "numeric", decimal)
    return numbers, np.isfinite(numbers)


def infer_labels(column: pa.ChunkedArray) -> tuple[Labels, values.Mask]:
    """Return the classes of every row, shape (n_rows,), and a mask of the rows that have one.

    They are all int64, all bool or all text.
    """
    if values.is_number(column.type):
        numbers = values.floats(column)
        present = np.isfinite(numbers)
        if pa.types.is_boolean(column.type):
            return np.where(present, numbers, 0) > 0, present
        integers = _whole(numbers if present.all() else np.where(present, numbers, 0))
        return (numbers.astype(np.str_) if integers is None else integers), present
    words, present = _read_labels(column)
    if values.is_text(column.type) and present.any():
        flags, is_wrong = parse_booleans(TextColumn.of(column))
        if not is_wrong.any():
            return flags == 1.0, present
    return words, present


def _read_labels(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.str_ | np.object_], values.Mask]:
    """Return the words of all rows, "" for missing ones, and a mask of rows that have one."""
    text = TextColumn.of(column)
    words = text.words.fill_null("").to_numpy(zero_copy_only=False)
    longest = max(map(len, words))
    if len(text.rows) * longest * np.dtype("U1").itemsize <= MAX_LABEL_BYTES:
        words = words.astype(np.str_)
    return words[text.rows], text.is_present


def _read_numbers(
    column: pa.ChunkedArray, plan: Plan, job_warnings: JobWarnings
) -> tuple[Labels, values.Mask]:
    numbers, is_wrong = _read(column, "numeric", plan.data.decimal)
    values.check_misfits(
        "The target of a regression has values that are no numbers",
        column,
        is_wrong,
        plan.data.target,
        share=0.0,
        expected="a number, or nothing",
        to_do="Correct these rows, or write `task: classification` in tuning.yaml.",
    )
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        job_warnings.add(f"Infinite targets, which count as no target: {infinite}.")
    return numbers, np.isfinite(numbers)


def _read(column: pa.ChunkedArray, kind: Kind, decimal: str) -> tuple[values.Floats, values.Mask]:
    return read_floats(column, Column(name="", kind=kind, role="target"), decimal)


def _whole(numbers: Labels) -> Labels | None:
    """Return numbers as int64 if all are whole; other copies of them would take time to get."""
    if len(numbers) and max(-numbers.min(), numbers.max()) >= _GREATEST_LABEL:
        return None
    integers = numbers.astype(np.int64)
    return integers if (integers == numbers).all() else None


def class_text(label: object) -> str:
    """Return the same text for true and True, 1 and 1.0."""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    text = str(label)
    return text.lower() if text.lower() in ("true", "false") else text


def check_target(y: Labels, plan: Plan) -> None:
    """Raise DatasetError for a target from which nothing can be learnt."""
    where = f"column {quote(plan.data.target)}"
    if len(y) < MINIMUM_ROWS:
        raise DatasetError(
            "The data has too few rows with a target to learn from",
            where=where,
            found=f"{len(y)}",
            expected=f"at least {MINIMUM_ROWS}, and some hundreds for a score that means anything",
            to_do="Add rows to the dataset.",
        )
    if (y == y[0]).all():
        raise DatasetError(
            "The target has the same value in every row that can be used",
            where=where,
            found="1 distinct value",
            expected="two or more",
            to_do="Name another target in tuning.yaml, or add rows with other values.",
        )
    if plan.task != "classification":
        low, high = float(y.min()), float(y.max())
        check_numbers(plan.data.target, low, high)


def check_numbers(name: str, low: float, high: float) -> None:
    """Raise DatasetError for a target whose squares or variance a float does not hold."""
    if max(abs(low), abs(high)) > GREATEST_NUMBER:
        problem = "are too large to be squared"
    elif high - low < max(LEAST_SPREAD, LEAST_RELATIVE_SPREAD * max(abs(low), abs(high))):
        problem = "hardly differ from one another"
    else:
        return
    raise DatasetError(
        f"The numbers of the target {quote(name)} {problem}",
        found=f"numbers from {low!r} to {high!r}",
        expected=f"numbers up to {GREATEST_NUMBER:g} that differ by {LEAST_SPREAD:g} or more, "
        "within their first twelve digits",
        to_do="Write them in another unit, or without what all of them have in common.",
    )
