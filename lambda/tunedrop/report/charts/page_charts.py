"""All charts of the page, where the run gives reason for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tunedrop.report.charts.calibration import calibration_chart
from tunedrop.report.charts.column_importance import MOST_DRAWN, column_importance_chart
from tunedrop.report.charts.confusion import confusion_chart
from tunedrop.report.charts.contenders import contenders_chart
from tunedrop.report.charts.curves import precision_recall_chart, roc_chart
from tunedrop.report.charts.dependence import dependence_charts
from tunedrop.report.charts.drawing import Chart, series
from tunedrop.report.charts.error_histogram import error_histogram_chart
from tunedrop.report.charts.importance import importance, importance_chart
from tunedrop.report.charts.learning_curve import learning_curve_chart
from tunedrop.report.charts.objective_by_hyperparameter import panel_charts
from tunedrop.report.charts.objective_over_time import objective_chart
from tunedrop.report.charts.prediction_bands import actual_chart, residual_chart
from tunedrop.report.charts.thresholds import thresholds_chart
from tunedrop.report.results import Results
from tunedrop_common.explanation import Explanation
from tunedrop_common.model_errors import ClassificationErrors, RegressionErrors
from tunedrop_common.plan import EstimatorPlan


@dataclass(frozen=True)
class EstimatorCharts:
    """What the page shows of one estimator's hyperparameters."""

    key: str
    color: str
    importance: Chart | None
    importance_note: str
    panels: list[Chart]


class PageCharts:
    """Draws every chart that the run gives reason for; `by_id` has all of them."""

    def __init__(self, results: Results) -> None:
        self.by_id: dict[str, Chart] = {}
        self.contenders = self._add(contenders_chart(results))
        self.over_time = self._add(objective_chart(results))
        estimators = [
            self._draw_estimator(results, estimator, number)
            for number, estimator in enumerate(results.estimators.values())
        ]
        self.estimators = [
            charts for charts in estimators if charts.importance_note or charts.panels
        ]
        self._draw_errors(results.confirm.explanation)
        self._draw_learned(results.confirm.explanation, results.metric_words)

    def _add(self, chart: Chart | None) -> Chart | None:
        self._add_all([chart])
        return chart

    def _add_all(self, charts: Iterable[Chart | None]) -> list[Chart]:
        drawn = [chart for chart in charts if chart]
        self.by_id |= {chart.id: chart for chart in drawn}
        return drawn

    def _draw_estimator(
        self, results: Results, estimator: EstimatorPlan, number: int
    ) -> EstimatorCharts:
        result = importance(results, estimator)
        shares = result.shares if result else {}
        bars = importance_chart(shares, estimator.key, number) if shares else None
        return EstimatorCharts(
            estimator.key,
            series(number),
            self._add(bars),
            result.note if result else "",
            self._add_all(panel_charts(results, estimator, number)),
        )

    def _draw_errors(self, explanation: Explanation) -> None:
        """Draw the model's errors; `errors` stand side by side, `one_against_rest` are folded."""
        self.confusion: Chart | None = None
        self.errors: list[Chart] = []
        self.one_against_rest: list[Chart] = []
        errors = explanation.errors
        if isinstance(errors, ClassificationErrors):
            self.confusion = self._add(confusion_chart(errors.confusion))
            probabilities = (
                calibration_chart(errors.calibration),
                thresholds_chart(errors.thresholds),
            )
            self.errors = self._add_all(probabilities)
            curves = self._add_all(
                [roc_chart(errors.roc), precision_recall_chart(errors.precision_recall)]
            )
            (self.errors if len(errors.classes) == 2 else self.one_against_rest).extend(curves)
        elif isinstance(errors, RegressionErrors):
            self.errors = self._add_all(
                [actual_chart(errors), residual_chart(errors), error_histogram_chart(errors)]
            )

    def _draw_learned(self, explanation: Explanation, metric: str) -> None:
        """Draw what the model learned; `more_columns` are in the table of importance only."""
        learned = explanation.learned
        importances = learned.importance if learned else ()
        self.column_importance = self._add(column_importance_chart(importances, metric))
        rows = self.column_importance.rows if self.column_importance else ()
        self.more_columns = max(0, len(rows) - MOST_DRAWN)
        self.dependence = self._add_all(dependence_charts(learned.dependence if learned else ()))
        self.learning_curve = self._add(learning_curve_chart(explanation.learning_curve, metric))
