"""All charts of the page, where the run gives reason for them."""

from __future__ import annotations

from collections.abc import Sequence

from tunedrop.report.charts.calibration import calibration_chart
from tunedrop.report.charts.column_importance import column_importance_chart
from tunedrop.report.charts.confusion import confusion_chart
from tunedrop.report.charts.contenders import contenders_chart
from tunedrop.report.charts.curves import precision_recall_chart, roc_chart
from tunedrop.report.charts.dependence import dependence_charts
from tunedrop.report.charts.drawing import Chart
from tunedrop.report.charts.error_histogram import error_histogram_chart
from tunedrop.report.charts.hyperparameter_importance import importance_chart
from tunedrop.report.charts.learning_curve import learning_curve_chart
from tunedrop.report.charts.objective_by_hyperparameter import panel_charts
from tunedrop.report.charts.objective_over_time import objective_chart
from tunedrop.report.charts.prediction_bands import actual_chart, residual_chart
from tunedrop.report.charts.thresholds import thresholds_chart
from tunedrop.report.results import Results
from tunedrop_common.model_errors import ClassificationErrors, RegressionErrors

PageCharts = dict[str, list[Chart]]
"""The charts of each place on the page, in its order; places of estimators have their keys."""


def page_charts(results: Results) -> PageCharts:
    """Draw every chart that the run gives reason for."""
    explanation, metric = results.confirm.explanation, results.metric_words
    errors, learned = explanation.errors, explanation.learned
    confusion, one_against_rest, of_errors = [], [], []
    if isinstance(errors, ClassificationErrors):
        confusion = [confusion_chart(errors.confusion)]
        of_errors = [calibration_chart(errors.calibration), thresholds_chart(errors.thresholds)]
        curves = [roc_chart(errors.roc), precision_recall_chart(errors.precision_recall)]
        if len(errors.classes) == 2:
            of_errors += curves
        else:
            one_against_rest = curves
    elif isinstance(errors, RegressionErrors):
        of_errors = [actual_chart(errors), residual_chart(errors), error_histogram_chart(errors)]
    importance = learned.importance if learned else ()
    places: dict[str, Sequence[Chart | None]] = {
        "contenders": [contenders_chart(results)],
        "confusion": confusion,
        "errors": of_errors,
        "one_against_rest": one_against_rest,
        "column_importance": [column_importance_chart(importance, metric)],
        "dependence": dependence_charts(learned.dependence if learned else ()),
        "learning_curve": [learning_curve_chart(explanation.learning_curve, metric)],
        "over_time": [objective_chart(results)],
        **{
            f"estimator {key}": [
                *panel_charts(results, estimator, number),
                importance_chart(results, estimator, number),
            ]
            for number, (key, estimator) in enumerate(results.estimators.items())
        },
    }
    return {place: [chart for chart in charts if chart] for place, charts in places.items()}
