"""The data as the page shows it: each column with its role and summary, the target's classes."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.confirm_scores import FeatureProfile
from tunedrop.report.results import Results

MOST_COLUMNS = 500


@dataclass(frozen=True)
class ColumnRow:
    """One column: what the plan decided, and what Confirm found in the training rows."""

    name: str
    kind: str
    role: str
    missing: str
    summary: str
    reason: str


@dataclass(frozen=True)
class TargetRow:
    """One class and its share of the training rows."""

    label: str
    rows: int
    share: float


def column_rows(results: Results) -> tuple[ColumnRow, ...]:
    """Return the columns, features first, in their order; ignored ones with the reason."""
    profile = results.confirm.profile
    known = {each.name: each for each in profile.features} if profile else {}
    complete = profile is not None and profile.features_in_all <= len(profile.features)
    order = {"target": 0, "feature": 2, "ignored": 3}
    columns = sorted(results.data.columns, key=lambda column: order.get(column.role, 1))
    found = []
    for column in columns[:MOST_COLUMNS]:
        feature = known.get(column.name) if column.role == "feature" else None
        reason = column.reason
        if column.role == "feature" and feature is None and complete and not reason:
            reason = "left out by the training jobs: see the warnings"
        rows = results.confirm.rows.train
        found.append(
            ColumnRow(
                name=column.name,
                kind=feature.kind if feature else column.kind,
                role=column.role,
                missing=_missing(feature.missing, rows) if feature else "",
                summary=_summary(feature) if feature else "",
                reason=reason,
            )
        )
    return tuple(found)


def _missing(missing: int, rows: int) -> str:
    if not missing or not rows:
        return str(missing)
    return f"{missing:,} ({missing / rows:.1%})"


def _summary(feature: FeatureProfile) -> str:
    if feature.distinct is not None:
        return wording.count(feature.distinct, "category", "categories")
    if feature.mean is None:
        return ""
    return f"mean {wording.number(feature.mean)}, sd {wording.number(feature.standard_deviation)}"


def target_rows(results: Results) -> tuple[TargetRow, ...]:
    """Return the classes of the target with their rows, most frequent first."""
    profile = results.confirm.profile
    if profile is None:
        return ()
    total = results.confirm.rows.train or 1
    return tuple(
        TargetRow(wording.one_line(str(each.label), 100), each.rows, each.rows / total)
        for each in profile.target.classes
    )
