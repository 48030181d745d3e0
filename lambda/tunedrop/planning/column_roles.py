"""Which columns are features, and which are left out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunedrop.errors import DatasetError, TuningConfigError
from tunedrop.planning.row_columns import RowRole
from tunedrop.planning.target import column_named
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading.columns import ColumnProfile
from tunedrop.reading.table import Table
from tunedrop_common.plan import Column, Role


def assign_roles(
    table: Table,
    target: str,
    config: TuningConfig,
    row_columns: Mapping[RowRole, ColumnProfile] | None = None,
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Give every column its role; the sentences say what was left out.

    Where nothing but identifiers is left, they are features after all.
    """
    named: dict[str, Role] = {target: "target"}
    named |= {column.name: role for role, column in (row_columns or {}).items()}
    ignored = _ignored_by_config(table, target, config)
    others = [profile for profile in table.columns if profile.name not in named]
    identifiers_too = not _features(others, table, ignored, with_identifiers=False)
    features = _features(others, table, ignored, with_identifiers=identifiers_too)
    if not features and "time" not in named.values():
        raise DatasetError(
            "No column is left to learn from",
            found=f"{len(table.columns)} columns, none of them a feature",
            expected="a column besides the target that has values and is not constant",
            to_do="Add a feature to the data, or take columns out of `ignore_columns`.",
        )
    columns = []
    for profile in table.columns:
        reason = _reason(profile, table, ignored, identifiers_too)
        role = named.get(profile.name) or ("ignored" if reason else "feature")
        reason = reason if role == "ignored" else ""
        columns.append(Column(name=profile.name, kind=profile.kind, role=role, reason=reason))
    sentences = [
        f"Column {column.name!r} is left out: {column.reason}."
        for column in columns
        if column.role == "ignored" and column.name not in ignored
    ]
    return tuple(columns), tuple(sentences)


def _ignored_by_config(table: Table, target: str, config: TuningConfig) -> set[str]:
    ignored = set()
    for position, name in enumerate(config.ignore_columns):
        where = config.where("ignore_columns", position)
        column = column_named(table, name, where)
        if column.name == target:
            raise TuningConfigError(
                "The target cannot be ignored",
                where=where,
                found=repr(name[:80]),
                to_do="Remove it from `ignore_columns`, or name another target.",
            )
        ignored.add(column.name)
    return ignored


def _features(
    others: Sequence[ColumnProfile], table: Table, ignored: set[str], *, with_identifiers: bool
) -> list[ColumnProfile]:
    return [each for each in others if not _reason(each, table, ignored, with_identifiers)]


def _reason(profile: ColumnProfile, table: Table, ignored: set[str], identifiers_too: bool) -> str:
    """Say why a column is left out; "" when it is a feature.

    A sample cannot tell that a column is constant or empty everywhere: the training container,
    which sees all values, leaves such ones out itself.
    """
    if profile.name in ignored:
        return "ignored by tuning.yaml"
    if profile.unusable:
        return f"it {profile.unusable}"
    if table.complete and profile.kind == "empty":
        return "it has no values"
    if table.complete and profile.kind == "constant":
        return "it has the same value in every row"
    if profile.identifier and not identifiers_too:
        return f"it only identifies the rows ({profile.identifier})"
    return ""
