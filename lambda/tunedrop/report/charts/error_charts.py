"""The charts of the model's errors: what each shows, its name, and its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tunedrop.report.charts.calibration import calibration_chart, draw_calibration
from tunedrop.report.charts.champion_changes import changes_chart, draw_changes
from tunedrop.report.charts.confusion import confusion_chart, draw_confusion
from tunedrop.report.charts.curves import (
    CurvesChart,
    draw_curves,
    precision_recall_chart,
    roc_chart,
)
from tunedrop.report.charts.drawing import INTERVAL, Drawing, PageChart, series
from tunedrop.report.charts.error_histogram import draw_error_histogram
from tunedrop.report.charts.prediction_bands import actual_bands, draw_bands, residual_bands
from tunedrop.report.charts.thresholds import MEASURES, draw_thresholds, threshold_points
from tunedrop_common.explanation import Explanation
from tunedrop_common.model_errors import ClassificationErrors, RegressionErrors

Add = Callable[[Drawing, PageChart], PageChart]
_BANDS = {
    "predicted": "Predicted", "rows": "Rows", "low": "10%", "quarter": "25%",
    "middle": "Median", "three_quarters": "75%", "high": "90%",
}  # fmt: skip


class ErrorCharts:
    """Draws what is known of the model's errors; `side` are the charts that stand side by side."""

    def __init__(self, explanation: Explanation, add: Add) -> None:
        self._add = add
        self.confusion: PageChart | None = None
        self.side: list[PageChart] = []
        self.one_against_rest: list[PageChart] = []
        errors = explanation.errors
        if isinstance(errors, ClassificationErrors):
            self._classification(errors)
        elif isinstance(errors, RegressionErrors):
            self._regression(errors)
        self.changes = self._changes(explanation)

    def _classification(self, errors: ClassificationErrors) -> None:
        cells = confusion_chart(errors)
        columns = {
            "actual": "Actual", "called": "Predicted", "rows": "Rows", "share": "Share",
        }  # fmt: skip
        label = "Confusion matrix: actual against predicted classes"
        self.confusion = self._add(
            draw_confusion(cells),
            PageChart("chart-confusion", label, columns, narrow=len(cells.labels) <= 4),
        )
        points = calibration_chart(errors.calibration)
        if points:
            place = PageChart(
                "chart-calibration",
                "Calibration: predicted probability against observed share",
                {"predicted": "Predicted", "observed": "Observed", **INTERVAL, "rows": "Rows"},
                caption="Calibration: predicted against observed",
            )  # fmt: skip
            self.side.append(self._add(draw_calibration(points), place))
        traded = threshold_points(errors.thresholds)
        if traded:
            place = PageChart(
                "chart-thresholds",
                "Recall and precision by the decision threshold",
                {"threshold": "Threshold", "measure": "Measure", "share": "Share"},
                caption="What another decision threshold brings and costs",
                legend=_legend(MEASURES),
            )
            self.side.append(self._add(draw_thresholds(traded), place))
        self._curves(errors)

    def _curves(self, errors: ClassificationErrors) -> None:
        two = len(errors.classes) == 2
        for chart, identifier, name, meaning in (
            (roc_chart(errors.roc), "chart-roc", "ROC", "recall against false positives"),
            (precision_recall_chart(errors.precision_recall), "chart-precision-recall",
             "Precision and recall", "precision against recall"),
        ):  # fmt: skip
            if chart:
                place = _curve_place(chart, identifier, name, meaning)
                (self.side if two else self.one_against_rest).append(
                    self._add(draw_curves(chart), place)
                )

    def _regression(self, errors: RegressionErrors) -> None:
        if errors.bins:
            for chart, identifier, caption in (
                (actual_bands(errors), "chart-actual",
                 "Actual against predicted: the same on the dashed line"),
                (residual_bands(errors), "chart-residuals",
                 "Residuals: above the line, predictions are too low"),
            ):  # fmt: skip
                place = PageChart(identifier, caption, _BANDS, caption=caption)
                self.side.append(self._add(draw_bands(chart), place))
        if errors.histogram:
            caption = "Residuals: actual minus predicted; shaded: 50%, 80% and 95%"
            columns = {"low": "From", "high": "To", "rows": "Rows"}
            place = PageChart("chart-errors", caption, columns, caption=caption)
            self.side.append(self._add(draw_error_histogram(errors), place))

    def _changes(self, explanation: Explanation) -> PageChart | None:
        chart = changes_chart(explanation.against_champion)
        if chart is None:
            return None
        columns = {
            "label": "Class" if chart.by_class else "Values", "rows": "Rows",
            "champion": "Champion", "selected": "New model", "gain": "Gain", **INTERVAL,
            "kind": "Change",
        }  # fmt: skip
        label = "What each part of the rows gains or loses against the champion"
        return self._add(draw_changes(chart), PageChart("chart-changes", label, columns))


def _curve_place(chart: CurvesChart, identifier: str, name: str, meaning: str) -> PageChart:
    columns = {"curve": "Class", "x": chart.x.capitalize(), "y": chart.y.capitalize()}
    if len(chart.areas) == 1:
        caption = f"{name}: {meaning}"
        area = f"area {chart.areas[0][1]}; 1 is perfect"
        return PageChart(identifier, caption, columns, caption=caption, legend=_legend([area]))
    worst = f", the {len(chart.areas)} worst" if chart.curves_in_all > len(chart.areas) else ""
    return PageChart(
        identifier,
        f"{name} of each class against the rest",
        columns,
        caption=f"{name}: {meaning}{worst}; areas, 1 is perfect",
        legend=_legend([f"{curve}: {area}" for curve, area in chart.areas]),
    )


def _legend(words: Sequence[str]) -> list[tuple[str, str]]:
    return [(text, series(place)) for place, text in enumerate(words)]
