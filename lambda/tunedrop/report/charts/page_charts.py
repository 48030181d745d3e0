"""All charts of the page, where the run gives reason for them."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop.report.charts.calibration import calibration_chart
from tunedrop.report.charts.column_importance import column_importance_chart
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
    """Draws every chart that the run gives reason for; `by_id` has all of them.

    `errors` stand side by side, `one_against_rest` are folded.
    """

    def __init__(self, results: Results) -> None:
        explanation = results.confirm.explanation
        errors, learned = explanation.errors, explanation.learned
        self.contenders = contenders_chart(results)
        self.over_time = objective_chart(results)
        self.estimators = [
            _draw_estimator(results, estimator, number)
            for number, estimator in enumerate(results.estimators.values())
        ]
        self.confusion: Chart | None = None
        self.errors: list[Chart] = []
        self.one_against_rest: list[Chart] = []
        if isinstance(errors, ClassificationErrors):
            self.confusion = confusion_chart(errors.confusion)
            self.errors = _drawn(
                calibration_chart(errors.calibration), thresholds_chart(errors.thresholds)
            )
            curves = _drawn(roc_chart(errors.roc), precision_recall_chart(errors.precision_recall))
            (self.errors if len(errors.classes) == 2 else self.one_against_rest).extend(curves)
        elif isinstance(errors, RegressionErrors):
            self.errors = _drawn(
                actual_chart(errors), residual_chart(errors), error_histogram_chart(errors)
            )
        self.column_importance = column_importance_chart(
            learned.importance if learned else (), results.metric_words
        )
        self.dependence = dependence_charts(learned.dependence if learned else ())
        self.learning_curve = learning_curve_chart(explanation.learning_curve, results.metric_words)

    @property
    def by_id(self) -> dict[str, Chart]:
        """All charts, in the order of the page."""
        charts = _drawn(
            self.contenders,
            self.confusion,
            *self.errors,
            *self.one_against_rest,
            self.column_importance,
            *self.dependence,
            self.learning_curve,
            self.over_time,
            *(chart for drawn in self.estimators for chart in (*drawn.panels, drawn.importance)),
        )
        return {chart.id: chart for chart in charts}


def _drawn(*charts: Chart | None) -> list[Chart]:
    return [chart for chart in charts if chart]


def _draw_estimator(results: Results, estimator: EstimatorPlan, number: int) -> EstimatorCharts:
    result = importance(results, estimator)
    shares = result.shares if result else {}
    return EstimatorCharts(
        estimator.key,
        series(number),
        importance_chart(shares, estimator.key, number) if shares else None,
        result.note if result else "",
        panel_charts(results, estimator, number),
    )
