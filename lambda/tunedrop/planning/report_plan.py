"""What a run's report may show of the data: tuning.yaml's part and the deployment's."""

from __future__ import annotations

from tunedrop.environment import ReportSettings
from tunedrop.errors import TuningConfigError
from tunedrop.planning.data import DataDecisions
from tunedrop.planning.target import MOST_SHOWN, column_named
from tunedrop.planning.tuning_config.model import ReportConfig, TuningConfig
from tunedrop_common.data_text import quote, quote_all
from tunedrop_common.plan import FEATURE_ROLES, ReportPlan


def plan_report(
    config: TuningConfig, decided: DataDecisions, settings: ReportSettings
) -> ReportPlan:
    """Resolve what the report shows.

    Raises
    ------
    DatasetError, TuningConfigError
        If a column of `report.segments` is not in the data, or not a feature.
    """
    asked = config.report or ReportConfig()
    return ReportPlan(
        explanation_time_ratio=settings.explanation_time_ratio,
        show_worst_rows=settings.show_worst_rows,
        show_categories=asked.show_categories,
        segments=tuple(
            _segment_column(config, decided, position, name)
            for position, name in enumerate(asked.segments)
        ),
    )


def _segment_column(config: TuningConfig, decided: DataDecisions, position: int, name: str) -> str:
    where = config.where("report", "segments", position)
    column = column_named(decided.table, name, where)
    planned = next(each for each in decided.columns if each.name == column.name)
    if planned.role in FEATURE_ROLES:
        return column.name
    raise TuningConfigError(
        f"The column {quote(name)} has no segments: models see features only",
        where=where,
        found=f"{planned.role}{f': {planned.reason}' if planned.reason else ''}",
        expected=f"one of {quote_all(decided.features, MOST_SHOWN)}",
        to_do="Name a feature, or remove the column from `report.segments`.",
    )
