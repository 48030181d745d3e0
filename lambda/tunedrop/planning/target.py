"""Which column is the target.

It is not guessed where a wrong guess would waste money: the error then lists the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from tunedrop.errors import DatasetError
from tunedrop.planning.task import MOST_INTEGER_CLASSES
from tunedrop.reading.columns import ColumnProfile
from tunedrop.reading.table import Table
from tunedrop.reading.words import plain_form

TARGET_NAMES = ("target", "label", "class")

# Yields to the others, and counts as the first or the last column only: it may be a coordinate.
_Y = ("y",)

LIKELY_TARGETS = (*TARGET_NAMES, *_Y)

# Gradient boosting fits a tree for each class and iteration: more of them take hours a job.
MOST_GUESSED_CLASSES = 100

FEWEST_ROWS = 10

_SHOWN_COLUMNS = 50
_TUNING_CONFIG = "tuning.yaml"

_SECOND = re.compile(r"\.\d+$")
_NO_NAME = re.compile(r"(\.\d+)?")
_IDENTIFIER = re.compile(r"(.*[\W_])?(?i:ids?|uuid|guid)|.*[a-z0-9](ID|Id)", re.S)
_YEAR = re.compile(r"(.*[\W_])?(?i:year|yr)|.*[a-z](Year|Yr)", re.S)
_DATE = re.compile(r"(.*[\W_])?(?i:date|datetime|timestamp)|.*[a-z](Date|DateTime|Timestamp)", re.S)
_FIRST_YEAR, _LAST_YEAR = 1500, 2200
_CLOCK = re.compile(r"(-?\d+ days? )?[+-]?\d{1,3}:[0-5]\d(:[0-5]\d(\.\d+)?)?", re.A)


def choose_target(table: Table, told: str | None) -> tuple[ColumnProfile, str]:
    """Choose the target, and say why ("" when it was told).

    It is the one told, or one called target, or the last column if it can be one.

    Raises
    ------
    DatasetError
        With the list of columns, when there is none or it cannot be the target.
    """
    if told is not None:
        where = f"{_TUNING_CONFIG}, key target"
        return _checked(column_named(table, told, where), table, where), ""
    named = _called(TARGET_NAMES, table) or _called_y_at_an_end(table)
    if len(named) > 1:
        raise _unclear(table, f"{_names(c.name for c in named)} could all be the target")
    if named:
        return _checked(named[0], table), f"The target is {named[0].name!r}, by its name."
    last = ([c for c in table.columns if not c.index and not _is_trailing(c)] or table.columns)[-1]
    reason = _why_not(last) or _why_not_guessed(last)
    if reason:
        has_name = not _has_no_name(last)
        called = f", {last.name!r}," if has_name else ""
        raise _unclear(table, f"the last column{called} {reason}", named=has_name)
    return last, f"The target is {last.name!r}, the last column."


def check_rows(table: Table, target: ColumnProfile | None = None) -> None:
    """Raise DatasetError for too few rows for folds, even before the target is known."""
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


def _called(targets: Sequence[str], table: Table) -> list[ColumnProfile]:
    """Return the columns of some names, or second ones of such a name (label and label.1)."""
    names = frozenset(table.names)

    def is_called(name: str) -> bool:
        first = _SECOND.sub("", name)
        return name.lower() in targets or (first.lower() in targets and first in names)

    return [column for column in table.columns if is_called(column.name)]


def _called_y_at_an_end(table: Table) -> list[ColumnProfile]:
    """Return the columns called y, if the first or the last column that has a name is one."""
    columns = [c for c in table.columns if not c.index and not _has_no_name(c)]
    called = _called(_Y, table)
    return called if any(end in called for end in (*columns[:1], *columns[-1:])) else []


def _is_trailing(column: ColumnProfile) -> bool:
    """Tell whether a column is there only because all lines end with a delimiter."""
    return column.kind == "empty" and _has_no_name(column)


def _has_no_name(column: ColumnProfile) -> bool:
    return _NO_NAME.fullmatch(column.name) is not None


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


def _why_not_guessed(column: ColumnProfile) -> str:
    """Say why a column that may be a target when a person names it is not guessed to be it."""
    many_integers = column.integers and column.distinct > MOST_INTEGER_CLASSES
    if _has_no_name(column):
        return "has no name"
    if column.kind == "text":
        return "holds times" if _CLOCK.fullmatch(column.example) else "is free text"
    if column.distinct > MOST_INTEGER_CLASSES and _IDENTIFIER.fullmatch(column.name):
        return f"has the name of an identifier and {column.distinct} distinct values"
    if _holds_years(column):
        return "holds years"
    if many_integers and _DATE.fullmatch(column.name):
        return "holds dates or times, by its name"
    if column.kind == "categorical" and column.distinct > MOST_GUESSED_CLASSES:
        return f"has {column.distinct} distinct words (up to {MOST_GUESSED_CLASSES} are guessed)"
    return ""


def _holds_years(column: ColumnProfile) -> bool:
    if column.minimum is None or column.maximum is None or not column.integers:
        return False
    is_called_so = _YEAR.fullmatch(column.name) is not None
    return is_called_so and _FIRST_YEAR <= column.minimum <= column.maximum <= _LAST_YEAR


def _checked(column: ColumnProfile, table: Table, where: str = "") -> ColumnProfile:
    reason = _why_not(column)
    if not reason:
        return column
    sampled = column.kind == "constant" and not table.complete
    raise DatasetError(
        f"The column {column.name!r} cannot be the target: it {reason}",
        where=where,
        found="samples of a large dataset, whose other rows were not looked at" if sampled else "",
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
