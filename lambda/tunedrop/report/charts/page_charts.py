"""All charts of the page: what each shows, how it is called, and the columns of its table."""

from __future__ import annotations

from dataclasses import dataclass, field

from tunedrop.report.charts.contenders import ContendersChart, contenders_chart, draw_contenders
from tunedrop.report.charts.drawing import Drawing, PageChart, series
from tunedrop.report.charts.error_charts import ErrorCharts
from tunedrop.report.charts.estimators_compared import draw_estimators, estimators_compared
from tunedrop.report.charts.importance import draw_importance, importance
from tunedrop.report.charts.learned_charts import LearnedCharts
from tunedrop.report.charts.objective_by_hyperparameter import (
    draw_panel,
    objective_by_hyperparameter,
)
from tunedrop.report.charts.objective_over_time import (
    ObjectiveOverTime,
    draw_objective_over_time,
    objective_over_time,
)
from tunedrop.report.charts.parallel import draw_parallel, parallel_coordinates
from tunedrop.report.charts.timeline import Timeline, draw_timeline, timeline
from tunedrop.report.results import Results
from tunedrop_common.plan import EstimatorPlan


@dataclass
class EstimatorCharts:
    """What the page shows of one estimator's hyperparameters."""

    key: str
    colour: str
    importance: PageChart | None = None
    importance_note: str = ""
    panels: list[PageChart] = field(default_factory=list)
    parallel: PageChart | None = None
    parallel_note: str = ""

    @property
    def shown(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.importance_note or self.panels or self.parallel)


class PageCharts:
    """Draws every chart that the run gives reason for."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.drawings: dict[str, Drawing] = {}
        self.contenders_data: ContendersChart = contenders_chart(results)
        self.over_time_data: ObjectiveOverTime = objective_over_time(results)
        self.timeline_data: Timeline = timeline(results)
        self.contenders = self._contenders()
        self.over_time = self._over_time()
        self.compared = self._compared()
        estimators = results.estimators.values()
        charts = [self._estimator(number, each) for number, each in enumerate(estimators)]
        self.estimators = [chart for chart in charts if chart.shown]
        self.timeline = self._timeline()
        explanation = results.confirm.explanation
        self.errors = ErrorCharts(explanation, self._add)
        self.learned = LearnedCharts(explanation, results.metric_words, self._add)

    def _add(self, drawing: Drawing, chart: PageChart) -> PageChart:
        self.drawings[chart.id] = drawing
        return chart

    def _contenders(self) -> PageChart:
        label = "Scores of the contenders with their intervals; the table below has the numbers"
        drawing = draw_contenders(self.contenders_data)
        return self._add(drawing, PageChart("chart-contenders", label))

    def _over_time(self) -> PageChart | None:
        data = self.over_time_data
        columns = {
            "number": "#", "name": "Training job", "estimator": "Estimator", "status": "Status",
            "time": data.unit.capitalize(), "objective": data.metric, "best_so_far": "Best so far",
        }  # fmt: skip
        label = "Objective of each training job over time, with the best so far"
        chart = PageChart("chart-time", label, columns)
        return self._add(draw_objective_over_time(data), chart) if data.points else None

    def _compared(self) -> PageChart | None:
        data = estimators_compared(self.results)
        if data is None:
            return None
        label = "Objectives of the estimators' training jobs side by side"
        drawing = draw_estimators(data, tuple(self.results.estimators))
        columns = {"number": "#", "estimator": "Estimator", "objective": data.metric}
        return self._add(drawing, PageChart("chart-estimators", label, columns))

    def _estimator(self, number: int, estimator: EstimatorPlan) -> EstimatorCharts:
        results, colour = self.results, series(number)
        charts = EstimatorCharts(estimator.key, colour)
        mattered = importance(results, estimator)
        if mattered:
            charts.importance_note = mattered.note
        if mattered and mattered.rows:
            place = PageChart(
                f"chart-importance-{number}",
                f"Importance of the hyperparameters of {estimator.key}",
                {"hyperparameter": "Hyperparameter", "share": "Share"},
            )
            charts.importance = self._add(draw_importance(mattered.rows, colour), place)
        panels = objective_by_hyperparameter(results, estimator)
        for index, panel in enumerate(panels.panels):
            name, metric = panel.hyperparameter, panels.metric
            place = PageChart(
                f"chart-{number}-{index}",
                f"{metric} against {name}",
                {"number": "#", "value": name, "objective": metric, "shown_as": "Status"},
                caption=panel.caption,
                hint=panel.hint,
            )
            charts.panels.append(self._add(draw_panel(panel, panels, colour), place))
        lines = parallel_coordinates(results, estimator)
        if lines:
            place = PageChart(
                f"chart-parallel-{number}",
                f"Parallel coordinates of the hyperparameters of {estimator.key}",
                {"number": "#", "axis": "Axis", "value": "Value"},
            )
            charts.parallel = self._add(draw_parallel(lines, colour), place)
        if lines and lines.shown < lines.jobs:
            charts.parallel_note = (
                f"{lines.shown} of {lines.jobs:,} completed training jobs: the best ones, and an "
                "even selection of the others."
            )
        return charts

    def _timeline(self) -> PageChart | None:
        data = self.timeline_data
        if not data.bars:
            return None
        start, end = f"Start ({data.unit})", f"End ({data.unit})"
        columns = {"name": "Job", "lane": "Lane", "status": "Status", "start": start, "end": end}
        place = PageChart("chart-timeline", "When each job ran", columns)
        return self._add(draw_timeline(data), place)
