"""Reads the target column: class labels or numbers, and which rows have one."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sklearn_trainer.data import values
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.notes import Notes, counted
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Plan
from tunedrop_common.targets import check_size, check_spread

Labels: TypeAlias = npt.NDArray[Any]

MINIMUM_ROWS = 4

# So many times the distance of the quartiles: no distribution of real amounts reaches so far.
FAR = 1e6

QUARTILES_OF = 100_000  # values

_GREATEST_LABEL = 2.0**63  # a whole number that int64 cannot hold is a word


def read_target(
    table: pa.Table, plan: Plan, notes: Notes, like: Labels | None = None
) -> tuple[Labels, values.Mask]:
    """Return the target of every row, and a mask of the rows that have one.

    Parameters
    ----------
    like
        The training part's target, when `table` is the test part: its labels get the same type.
    """
    column = table.column(plan.data.target)
    if plan.task != "classification":
        return _numbers(column, plan, notes)
    labels, present = _labels(column, flags=like is None or like.dtype.kind == "b")
    if like is not None and labels.dtype.kind != like.dtype.kind:
        labels = _as_text(labels) if like.dtype.kind == "U" else _as_type(labels, like, plan)
    return labels, present


def _numbers(column: pa.ChunkedArray, plan: Plan, notes: Notes) -> tuple[Labels, values.Mask]:
    name = plan.data.target
    if values.is_number(column.type):
        numbers = values.floats(column)
    elif values.is_text(column.type):
        numbers, strays = values.numbers_in(column, plan.data.decimal)
        if strays.any():
            raise values.wrong_values(
                "The target of a regression has text in it",
                column,
                strays,
                name,
                expected="a number, or nothing",
                to_do="Correct these rows, or write `task: classification` in tuning.yaml.",
            )
    else:
        raise DatasetError(
            "The target of a regression is not a number",
            where=f"column {quote(name)}",
            found=str(column.type),
            expected="numbers",
            to_do="Name another target in tuning.yaml, or convert the column.",
        )
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        rows = counted(infinite, "row has an infinite target", "rows have an infinite target")
        notes.add(f"{rows}, which counts as no target.")
    return numbers, np.isfinite(numbers)


def _labels(column: pa.ChunkedArray, *, flags: bool) -> tuple[Labels, values.Mask]:
    if values.is_number(column.type):
        numbers = values.floats(column)
        present = np.isfinite(numbers)
        if pa.types.is_boolean(column.type):
            return np.where(present, numbers, 0) > 0, present
        known = numbers if present.all() else np.where(present, numbers, 0)
        whole = _whole(known)
        return (_as_text(numbers) if whole is None else whole), present
    words = values.text(column) if not values.is_moment(column.type) else column.cast(pa.string())
    present = np.asarray(words.is_valid().to_numpy(), dtype=np.bool_)
    found, strays = values.flags_in(words)
    if flags and present.any() and not strays.any():
        return found == 1.0, present
    return np.asarray(words.fill_null("").to_numpy(), dtype=np.str_), present


def _whole(numbers: Labels) -> Labels | None:
    """Return numbers as int64 if all are whole; other copies of them would take time to get."""
    if len(numbers) and max(-numbers.min(), numbers.max()) >= _GREATEST_LABEL:
        return None
    whole = numbers.astype(np.int64)
    return whole if (whole == numbers).all() else None


def _as_text(labels: Labels) -> Labels:
    return np.asarray([str(each) for each in labels.tolist()], dtype=np.str_)


def _as_type(labels: Labels, like: Labels, plan: Plan) -> Labels:
    if labels.dtype.kind != "U":
        return labels.astype(like.dtype)
    raise DatasetError(
        "The target of the test rows is text, and that of the training rows is not",
        where=f"column {quote(plan.data.target)}",
        to_do="Write the classes alike in both files, or drop the dataset without a test file.",
    )


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
        check_size(plan.data.target, low, high)
        check_spread(plan.data.target, low, high)


def note_far_values(y: Labels, plan: Plan, notes: Notes) -> None:
    """Note targets so far from all others that every score is about them alone."""
    if plan.task == "classification":
        return
    few = y[:: max(1, len(y) // QUARTILES_OF)]
    low, middle, high = np.quantile(few, (0.25, 0.5, 0.75))
    far = int((np.abs(y - middle) > FAR * (high - low)).sum()) if high > low else 0
    if far:
        what = counted(far, "value of the target is", "values of the target are")
        notes.add(
            f"{what} a million times as far from the middle as the others: squared errors are "
            "about nothing else. Correct them if they are mistakes, or leave them empty."
        )
