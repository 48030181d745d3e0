"""The charts of what the model learned: what each shows, its name, and its table."""

from __future__ import annotations

from collections.abc import Callable

from tunedrop import wording
from tunedrop.report.charts.column_importance import (
    MOST_DRAWN,
    column_importance,
    draw_column_importance,
)
from tunedrop.report.charts.dependence import dependence_charts, draw_dependence
from tunedrop.report.charts.drawing import INTERVAL, Drawing, PageChart
from tunedrop.report.charts.learning_curve import draw_learning, learning_scores
from tunedrop_common.explanation import Explanation, Learned

Add = Callable[[Drawing, PageChart], PageChart]


class LearnedCharts:
    """Draws what is known of what the model learned."""

    def __init__(self, explanation: Explanation, metric: str, add: Add) -> None:
        self._add = add
        self.importance: PageChart | None = None
        self.more = 0
        self.dependence: list[PageChart] = []
        if explanation.learned:
            self._importance(explanation.learned, metric)
            self._dependence(explanation.learned)
        self.learning = self._learning(explanation, metric)

    def _importance(self, learned: Learned, metric: str) -> None:
        drops = column_importance(learned.importance)
        if not drops:
            return
        self.more = max(0, len(drops) - MOST_DRAWN)
        columns = {"columns": "Columns", "drop": "Worse by", **INTERVAL, "kind": "Importance"}
        caption = f"How much worse {metric} gets when a column is shuffled"
        place = PageChart("chart-columns", caption, columns, caption=caption)
        self.importance = self._add(draw_column_importance(drops), place)

    def _dependence(self, learned: Learned) -> None:
        for number, chart in enumerate(dependence_charts(learned.dependence)):
            place = PageChart(
                f"chart-dependence-{number}",
                f"The {chart.of} against {chart.column}",
                {"at": chart.column, "prediction": chart.of.capitalize()},
                caption=chart.column,
            )
            self.dependence.append(self._add(draw_dependence(chart), place))

    def _learning(self, explanation: Explanation, metric: str) -> PageChart | None:
        scores = learning_scores(explanation.learning_curve)
        if not scores:
            return None
        columns = {"rows": "Rows", "score": wording.one_line(metric, 60), **INTERVAL}
        label = "Score by how many rows the model learned from"
        place = PageChart("chart-learning", label, columns, narrow=True)
        return self._add(draw_learning(scores, metric), place)
