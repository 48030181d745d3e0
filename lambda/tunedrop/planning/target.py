"""Which column is the target, and what kind of problem it makes.

The target is not guessed where a wrong guess would waste money: the error then lists the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from tunedrop.errors import DatasetError
from tunedrop.planning.guessed_target import (
    MOST_INTEGER_CLASSES,
    has_no_name,
    why_not_guessed,
    words_among_numbers,
)
from tunedrop.reading.alike import plain_form
from tunedrop.reading.columns import ColumnProfile
from tunedrop.reading.table import Table
from tunedrop_common.targets import check_size, check_spread

Task = Literal["classification", "regression"]

TARGET_NAMES = ("target", "label", "class")

# Yields to the others, and counts as the first or the last column only: it may be a coordinate.
_Y = ("y",)

LIKELY_TARGETS = (*TARGET_NAMES, *_Y)

# More than two integers that come back in fewer rows each than there are folds are a quantity.
FEWEST_ROWS_A_CLASS = 5

FEWEST_ROWS = 10

_SHOWN_COLUMNS = 50
_SECOND = re.compile(r"\.\d+$")
_TUNING_CONFIG = "tuning.yaml"


@dataclass(frozen=True)
class Choice:
    """Something that was chosen, and why in a sentence for people; "" when it was told."""

    value: str
    why: str


def choose_target(table: Table, told: str | None) -> Choice:
    """Choose the target: the one told, or one called target, or the last column if it can be one.

    Raises
    ------
    DatasetError
        With the list of columns, when there is none or it cannot be the target.
    """
    if told is not None:
        _refuse_impossible(_told(table, told), table, f"{_TUNING_CONFIG}, key target")
        return Choice(_told(table, told).name, "")
    named = _called(TARGET_NAMES, table) or _called_y_at_an_end(table)
    if len(named) > 1:
        raise _unclear(table, f"{_names(c.name for c in named)} could all be the target")
    if named:
        _refuse_impossible(named[0], table, "")
        return Choice(named[0].name, f"The target is {named[0].name!r}, by its name.")
    last = ([c for c in table.columns if not c.index and not _is_trailing(c)] or table.columns)[-1]
    reason = _why_not(last) or why_not_guessed(last)
    if reason:
        has_name = not has_no_name(last)
        called = f", {last.name!r}," if has_name else ""
        raise _unclear(table, f"the last column{called} {reason}", named=has_name)
    return Choice(last.name, f"The target is {last.name!r}, the last column.")


def _called(targets: Sequence[str], table: Table) -> list[ColumnProfile]:
    """Return the columns of some names, or second ones of such a name (label and label.1)."""
    names = frozenset(table.names)

    def is_called(name: str) -> bool:
        first = _SECOND.sub("", name)
        return name.lower() in targets or (first.lower() in targets and first in names)

    return [column for column in table.columns if is_called(column.name)]


def _called_y_at_an_end(table: Table) -> list[ColumnProfile]:
    """Return the columns called y, if the first or the last column that has a name is one."""
    columns = [c for c in table.columns if not c.index and not has_no_name(c)]
    called = _called(_Y, table)
    return called if any(end in called for end in (*columns[:1], *columns[-1:])) else []


def _is_trailing(column: ColumnProfile) -> bool:
    """Tell whether a column is there only because all lines end with a delimiter."""
    return column.kind == "empty" and has_no_name(column)


def choose_task(target: ColumnProfile, told: Task | None) -> tuple[Task, str]:
    """Choose classification or regression, and say why ("" when it was told)."""
    if target.unseen:
        return _task_unseen(target, told), ""
    if target.strays and told != "classification":
        raise text_among_numbers(target)
    words = words_among_numbers(target) if told is None else []
    if words:
        raise text_among_numbers(replace(target, stray=words[0], strays=len(words)))
    if told == "regression" and (target.kind != "numeric" and not _is_number(target)):
        raise DatasetError(
            f"A regression needs numbers as its target, and {target.name!r} is {target.kind}",
            to_do=f"Write `task: classification` in {_TUNING_CONFIG}, or correct the column.",
        )
    if told == "classification" and target.kind == "numeric" and not target.integers:
        raise DatasetError(
            f"A classification needs classes as its target, and {target.name!r} has fractions",
            found=f"{target.distinct} distinct numbers",
            to_do=f"Write `task: regression` in {_TUNING_CONFIG}, or make classes of the column.",
        )
    task, why = (told, "") if told else _task_of(target)
    if task == "classification" and target.distinct > max(2, target.present / 2):
        raise DatasetError(
            f"Nearly every row has a value of its own in the target {target.name!r}",
            found=f"{target.distinct} distinct values in {target.present} rows"
            + (f", such as {target.example[:40]!r}" if target.example else ""),
            expected="classes that come back",
            to_do=f"Write `task: regression` in {_TUNING_CONFIG}, or name another target."
            if _is_number(target)
            else f"Name another column as the target in {_TUNING_CONFIG}. If these are numbers, "
            "write them without units and other words.",
        )
    low, high = target.minimum, target.maximum
    if task == "regression" and low is not None and high is not None:
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
        f"If these are classes, write `task: classification` in {_TUNING_CONFIG}.",
    )


def _task_unseen(target: ColumnProfile, told: Task | None) -> Task:
    if told is not None:
        return told
    raise DatasetError(
        f"The target {target.name!r} is too large to be looked at before the run",
        expected="row groups of some megabytes",
        to_do=f"Write `task: classification` or `task: regression` in {_TUNING_CONFIG}, or write "
        "the Parquet file with smaller row groups.",
    )


def refuse_few_rows(table: Table, target: ColumnProfile | None = None) -> None:
    """Refuse a table from which no folds can be made, even before its target is known."""
    rows = target.present if target and table.complete else table.rows
    if rows < FEWEST_ROWS:
        raise DatasetError(
            "The table has too few rows to learn from",
            found=f"{rows} row{'s' if rows != 1 else ''}" + (" with a target" if target else ""),
            expected=f"at least {FEWEST_ROWS}, and some hundreds for a score that means anything",
            to_do="Add rows to the dataset.",
        )


def column_named(table: Table, name: str, where: str) -> ColumnProfile:
    """Return a column that a person named; the error suggests the nearest one."""
    exact = [c for c in table.columns if c.name == name]
    alike = [c for c in table.columns if plain_form(c.name) == plain_form(name)]
    if exact or len(alike) == 1:
        return (exact or alike)[0]
    near = get_close_matches(name, table.names, 1, cutoff=0.5)
    raise DatasetError(
        f"There is no column {name[:100]!r}",
        where=where,
        expected=f"one of {_names(table.names)}",
        to_do=f"Write {near[0]!r} instead." if near else "Correct the name, or add the column.",
    )


def _told(table: Table, name: str) -> ColumnProfile:
    return column_named(table, name, f"{_TUNING_CONFIG}, key target")


def _task_of(target: ColumnProfile) -> tuple[Task, str]:
    if target.kind != "numeric":
        return "classification", f"Classification, as the target is {_article(target.kind)}."
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


def _is_number(column: ColumnProfile) -> bool:
    return column.minimum is not None


def _article(kind: str) -> str:
    return {"boolean": "true or false", "categorical": "text", "text": "text"}.get(kind, kind)


def _why_not(column: ColumnProfile) -> str:
    """Say why a column cannot be a target; "" when it can."""
    if column.unusable:
        return column.unusable
    if column.kind == "empty":
        return "has no values" + _read_as_missing(column)
    if column.kind == "constant":
        return "has the same value in every row"
    if column.distinct == 1:
        return "has only one value beside missing ones" + (
            _read_as_missing(column) or " (write the other one, too)"
        )
    if column.kind == "datetime":
        return "holds dates or times"
    if column.identifier:
        return f"only identifies the rows ({column.identifier})"
    return ""


def _read_as_missing(column: ColumnProfile) -> str:
    word = column.missing_word
    return f" ({word!r} counts as missing: write another word if it is a class)" if word else ""


def _refuse_impossible(column: ColumnProfile, table: Table, where: str) -> None:
    reason = _why_not(column)
    if reason:
        sampled = column.kind == "constant" and not table.complete
        raise DatasetError(
            f"The column {column.name!r} cannot be the target: it {reason}",
            where=where,
            found="samples of a large dataset, whose other rows were not looked at"
            if sampled
            else "",
            expected=f"another one of {_names(n for n in table.names if n != column.name)}",
            to_do="Shuffle the rows, if it has other values."
            if sampled
            else f"Name the target in {_TUNING_CONFIG}: `target: <column>`.",
        )


def _unclear(table: Table, reason: str, *, named: bool = True) -> DatasetError:
    return DatasetError(
        f"It is not clear which column is the target: {reason}",
        expected=f"the name of one of the columns {_names(table.names)}",
        to_do=("" if named else "Give each column a name in the header. ")
        + f"Name it in {_TUNING_CONFIG} beside the data: `target: <column>`.",
    )


def _names(names: Iterable[str]) -> str:
    shown = [repr(name[:80]) for name in names]
    more = len(shown) - _SHOWN_COLUMNS
    return ", ".join(shown[:_SHOWN_COLUMNS]) + (f" and {more} more" if more > 0 else "")
