"""Which column is the target, and which task it makes: classification or regression.

The target is not guessed where a wrong guess would waste money: the error then lists the columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sklearn_trainer.data.column_names import DATE_NAME, IDENTIFIER_NAME, YEAR_NAME
from sklearn_trainer.data.column_profiles import ColumnProfile
from sklearn_trainer.data.tables import Table
from sklearn_trainer.data.target import check_numbers
from tunedrop.errors import DatasetError
from tunedrop.keys import TUNING_CONFIG
from tunedrop_common.data_text import quote, quote_all, suggest
from tunedrop_common.plan import Task

TARGET_NAMES = ("target", "label", "class")

# Integers with at most so many distinct values are classes, with more a quantity.
MOST_INTEGER_CLASSES = 20

# More than two integers that come back in fewer rows each than there are folds are a quantity.
FEWEST_ROWS_A_CLASS = 5

# Gradient boosting fits a tree for each class and iteration: more of them take hours a job.
MOST_GUESSED_CLASSES = 100

FEWEST_ROWS = 10

MAX_NAMES_SHOWN = 50

_SECOND = re.compile(r"\.\d+$")
_NO_NAME = re.compile(r"(\.\d+)?")
_FIRST_YEAR, _LAST_YEAR = 1500, 2200


def choose_target(table: Table, chosen: str | None) -> tuple[ColumnProfile, str]:
    """Choose the target, and say why ("" when tuning.yaml names it).

    It is the chosen one, or one called target, or the last column if it can be one.

    Raises
    ------
    DatasetError
        With the list of columns, when there is none or it cannot be the target.
    """
    if chosen is not None:
        where = f"{TUNING_CONFIG}, key target"
        return _checked(column_named(table, chosen, where), table, where), ""
    named = _called(TARGET_NAMES, table) or _called_y_at_an_end(table)
    if len(named) > 1:
        raise _unclear(table, f"{quote_all(c.name for c in named)} are candidates")
    if named:
        return _checked(named[0], table), f"The target is {quote(named[0].name)}, by its name."
    last = ([c for c in table.columns if not c.index and not _is_trailing(c)] or table.columns)[-1]
    reason = _why_not(last) or _why_not_guessed(last)
    if reason:
        raise _unclear(table, f"the last column, {quote(last.name)}, {reason}")
    return last, f"The target is {quote(last.name)}, the last column."


def check_rows(table: Table, target: ColumnProfile | None = None) -> None:
    """Raise DatasetError for too few rows for folds, even before the target is known."""
    rows = target.present if target and table.is_complete else table.rows
    if rows < FEWEST_ROWS:
        raise DatasetError(
            "The table has too few rows",
            found=f"{rows} row{'s' if rows != 1 else ''}" + (" with a target" if target else ""),
            expected=f"at least {FEWEST_ROWS}, and some hundreds for a reliable score",
            to_do="Add rows to the dataset.",
        )


def column_named(table: Table, name: str, where: str, kind: str = "column") -> ColumnProfile:
    """Return a column that a person named; the error suggests the nearest one.

    Parameters
    ----------
    kind
        What all columns of the table are, for the error.
    """
    exact = [c for c in table.columns if c.name == name]
    similar = [c for c in table.columns if c.name.lower() == name.strip().lower()]
    if exact or len(similar) == 1:
        return (exact or similar)[0]
    raise DatasetError(
        f"There is no {kind} {quote(name)}",
        where=where,
        expected=f"one of {quote_all(table.names, MAX_NAMES_SHOWN)}",
        to_do=suggest(name, table.names, "Correct the name, or add it.", cutoff=0.5),
    )


def choose_task(target: ColumnProfile, chosen: Task | None) -> tuple[Task, str]:
    """Choose classification or regression, and say why ("" when tuning.yaml names it)."""
    if target.unparsable and chosen is None:
        raise _text_among_numbers(target)
    if chosen == "classification" and target.kind == "numeric" and not target.integers:
        raise DatasetError(
            f"A classification needs classes as its target, and {quote(target.name)} has fractions",
            found=f"{target.distinct} distinct numbers",
            to_do="Write `task: regression` in tuning.yaml, or make classes of the column.",
        )
    task, why = (chosen, "") if chosen else _task_of(target)
    if task == "classification":
        _check_classes_come_back(target)
    else:
        _check_numbers(target)
    return task, why


def _called(targets: Sequence[str], table: Table) -> list[ColumnProfile]:
    """Return the columns of some names, or second ones of such a name (label and label.1)."""
    names = frozenset(table.names)

    def is_called(name: str) -> bool:
        first = _SECOND.sub("", name)
        return name.lower() in targets or (first.lower() in targets and first in names)

    return [column for column in table.columns if is_called(column.name)]


def _called_y_at_an_end(table: Table) -> list[ColumnProfile]:
    """Return the columns called y, if the first or the last column that has a name is one.

    In between it may be a coordinate.
    """
    columns = [c for c in table.columns if not c.index and not _has_no_name(c)]
    columns_y = _called(("y",), table)
    return columns_y if any(end in columns_y for end in (*columns[:1], *columns[-1:])) else []


def _is_trailing(column: ColumnProfile) -> bool:
    """Return whether a column is there only because all lines end with a delimiter."""
    return column.is_empty and _has_no_name(column)


def _has_no_name(column: ColumnProfile) -> bool:
    return _NO_NAME.fullmatch(column.name) is not None


def _why_not(column: ColumnProfile) -> str:
    """Return why a column cannot be a target; "" if it can."""
    if column.unusable:
        return column.unusable
    if column.is_empty:
        return "has no values" + _read_as_missing(column)
    if column.is_constant:
        return "has the same value in every row that was read"
    if column.distinct == 1:
        return "has only one value beside missing ones" + _read_as_missing(column)
    if column.kind == "datetime":
        return "holds dates or times"
    if column.identifier:
        return f"only identifies the rows ({column.identifier})"
    return ""


def _read_as_missing(column: ColumnProfile) -> str:
    if not column.missing_word:
        return ""
    word = quote(column.missing_word)
    return f" ({word} counts as missing: write another word if it is a class)"


def _why_not_guessed(column: ColumnProfile) -> str:
    """Return why a column is not chosen as the target unless tuning.yaml names it; "" if it is."""
    many_integers = column.integers and column.distinct > MOST_INTEGER_CLASSES
    if _has_no_name(column):
        return "has no name"
    if column.kind == "text":
        return "is free text"
    if column.distinct > MOST_INTEGER_CLASSES and IDENTIFIER_NAME.fullmatch(column.name):
        return f"has the name of an identifier and {column.distinct} distinct values"
    if _holds_years(column):
        return "holds years"
    if many_integers and DATE_NAME.fullmatch(column.name):
        return "holds dates or times, by its name"
    if column.kind == "categorical" and column.distinct > MOST_GUESSED_CLASSES:
        return f"has {column.distinct} distinct words (up to {MOST_GUESSED_CLASSES} are guessed)"
    return ""


def _holds_years(column: ColumnProfile) -> bool:
    if column.minimum is None or column.maximum is None or not column.integers:
        return False
    is_called_so = YEAR_NAME.fullmatch(column.name) is not None
    return is_called_so and _FIRST_YEAR <= column.minimum <= column.maximum <= _LAST_YEAR


def _checked(column: ColumnProfile, table: Table, where: str = "") -> ColumnProfile:
    reason = _why_not(column)
    if not reason:
        return column
    candidates = [name for name in table.names if name != column.name]
    raise DatasetError(
        f"The column {quote(column.name)} cannot be the target: it {reason}",
        where=where,
        expected=f"another one of {quote_all(candidates, MAX_NAMES_SHOWN)}",
        to_do=f"Name the target in {TUNING_CONFIG}: `target: <column>`.",
    )


def _unclear(table: Table, reason: str) -> DatasetError:
    return DatasetError(
        f"The target is ambiguous: {reason}",
        expected=f"the name of one of the columns {quote_all(table.names, MAX_NAMES_SHOWN)}",
        to_do=f"Name it in {TUNING_CONFIG} beside the data: `target: <column>`.",
    )


def _check_numbers(target: ColumnProfile) -> None:
    """Raise DatasetError for a regression's target that holds other things than usable numbers."""
    if target.unparsable:
        raise _text_among_numbers(target)
    low, high = target.minimum, target.maximum
    if low is None or high is None:
        raise DatasetError(
            f"A regression needs numbers as its target, and {quote(target.name)} is {target.kind}",
            to_do="Write `task: classification` in tuning.yaml, or correct the column.",
        )
    check_numbers(target.name, low, high)


def _text_among_numbers(target: ColumnProfile) -> DatasetError:
    """Return the error that says that a target has text among its numbers."""
    return DatasetError(
        f"The target {quote(target.name)} has text among its numbers",
        found=quote(target.first_unparsable)
        + (f" and {target.unparsable - 1} more" if target.unparsable > 1 else ""),
        expected="a number, or nothing, in every row",
        to_do="Correct these rows, or leave the field empty: rows without a target are excluded. "
        "If these are classes, write `task: classification` in tuning.yaml.",
    )


def _task_of(target: ColumnProfile) -> tuple[Task, str]:
    if target.kind != "numeric":
        return "classification", f"Classification, as the target is {target.kind}."
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
    raise DatasetError(
        f"Nearly every row has a different value in the target {quote(target.name)}",
        found=f"{target.distinct} distinct values in {target.present} rows",
        expected="classes with several rows each",
        to_do="Write `task: regression` in tuning.yaml if these are numbers (without units), or "
        "name another target.",
    )
