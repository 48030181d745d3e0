"""Roles of columns: features, the target, weights, groups and times of rows, or ignored.

Weights, groups and times are named by tuning.yaml; what a sample shows to be impossible is an error
here, and the training container, which sees all values, finds the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sklearn_trainer.data.column_profiles import ColumnProfile
from sklearn_trainer.data.tables import Table
from sklearn_trainer.schema import WORD_KINDS
from tunedrop.errors import DatasetError, TuningConfigError
from tunedrop.planning.target import column_named
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Column, Role

RowRole = Literal["weight", "group", "time"]

_EXPECTED: dict[RowRole, str] = {
    "weight": "numbers from 0 on, which say how much a row counts",
    "group": "two groups of rows or more",
    "time": "dates, dates with times, or numbers",
}


def find_row_columns(table: Table, config: TuningConfig) -> dict[RowRole, ColumnProfile]:
    """Return the row columns that tuning.yaml names, checked.

    Raises
    ------
    DatasetError, TuningConfigError
        If there is no such column, it is named twice, or cannot have the role.
    """
    named: dict[RowRole, str | None] = {
        "weight": config.weight_column,
        "group": config.group_column,
        "time": config.time_column,
    }
    row_columns: dict[RowRole, ColumnProfile] = {}
    for role, name in named.items():
        if name is None:
            continue
        where = config.where(f"{role}_column")
        column = column_named(table, name, where)
        used_names = [used.name for used in row_columns.values()]
        if column.name in (config.target, *config.ignore_columns, *used_names):
            raise TuningConfigError(
                f"The column {quote(column.name)} cannot be the {role} column and something else",
                where=where,
                to_do="Name another column, or name this one once.",
            )
        problem = _problem(column, role)
        if problem:
            raise TuningConfigError(
                f"The column {quote(column.name)} cannot be the {role} column: it {problem}",
                where=where,
                expected=_EXPECTED[role],
                to_do="Name another column, or correct this one.",
            )
        row_columns[role] = column
    return row_columns


def without(table: Table, columns: Mapping[RowRole, ColumnProfile]) -> Table:
    """Return the table without these columns."""
    names = {column.name for column in columns.values()}
    return replace(table, columns=tuple(c for c in table.columns if c.name not in names))


def assign_roles(
    table: Table,
    target: str,
    config: TuningConfig,
    row_columns: Mapping[RowRole, ColumnProfile],
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return every column with its role, and sentences about excluded columns.

    If all candidates are identifiers, they are features.
    """
    named: dict[str, Role] = {target: "target"}
    named |= {column.name: role for role, column in row_columns.items()}
    ignored = _ignored_by_config(table, target, config)
    candidates = [profile for profile in table.columns if profile.name not in named]
    reasons = _reasons(candidates, table, ignored, identifiers_too=False)
    if len(reasons) == len(candidates):
        reasons = _reasons(candidates, table, ignored, identifiers_too=True)
    if len(reasons) == len(candidates) and "time" not in named.values():
        raise DatasetError(
            "The table has no feature",
            found=f"{len(table.columns)} columns",
            expected="a column besides the target that has values and is not constant",
            to_do="Add a feature to the data, or take columns out of `ignore_columns`.",
        )
    columns = tuple(
        Column(
            name=profile.name,
            kind=profile.kind,
            role=named.get(profile.name) or ("ignored" if profile.name in reasons else "feature"),
            reason=reasons.get(profile.name, ""),
            distinct=profile.distinct if profile.kind in WORD_KINDS else 0,
            day_first=profile.day_first,
            has_time_of_day=profile.has_time_of_day,
            has_unparsable=profile.unparsable > 0,
        )
        for profile in table.columns
    )
    return columns, tuple(
        f"Column {quote(name)} is excluded: {reason}."
        for name, reason in reasons.items()
        if name not in ignored
    )


def _problem(column: ColumnProfile, role: RowRole) -> str:
    """Return why a column cannot have a role, by its kind; "" where it can."""
    misfits = {
        "weight": column.minimum is None,
        "group": column.is_constant or column.is_empty,
        "time": column.kind not in ("datetime", "numeric") or column.is_constant,
    }
    return column.unusable or (f"is {_name_kind(column)}" if misfits[role] else "")


def _name_kind(column: ColumnProfile) -> str:
    return "empty" if column.is_empty else "constant" if column.is_constant else str(column.kind)


def _ignored_by_config(table: Table, target: str, config: TuningConfig) -> set[str]:
    ignored = set()
    for position, name in enumerate(config.ignore_columns):
        where = config.where("ignore_columns", position)
        column = column_named(table, name, where)
        if column.name == target:
            raise TuningConfigError(
                "The target cannot be ignored",
                where=where,
                found=quote(name),
                to_do="Remove it from `ignore_columns`, or name another target.",
            )
        ignored.add(column.name)
    return ignored


def _reasons(
    candidates: Sequence[ColumnProfile], table: Table, ignored: set[str], *, identifiers_too: bool
) -> dict[str, str]:
    """Return the reasons of excluded columns, by name."""
    reasons = {
        profile.name: _reason(profile, table, ignored, identifiers_too) for profile in candidates
    }
    return {name: reason for name, reason in reasons.items() if reason}


def _reason(profile: ColumnProfile, table: Table, ignored: set[str], identifiers_too: bool) -> str:
    """Return why a column is excluded; "" for a feature.

    A sample cannot tell that a column is constant everywhere.
    """
    if profile.name in ignored:
        return "ignored by tuning.yaml"
    if profile.unusable:
        return f"it {profile.unusable}"
    if profile.is_empty:
        return "it has no values" + ("" if table.is_complete else " in the rows that were read")
    if table.is_complete and profile.is_constant:
        return "it has the same value in every row"
    if profile.identifier and not identifiers_too:
        return f"it only identifies the rows ({profile.identifier})"
    return ""
