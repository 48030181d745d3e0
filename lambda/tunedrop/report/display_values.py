"""Display values: results as people read them, in which an error is positive and low is good.

For a scorer greater is always better, so it negates errors. This is undone once, before anything
is drawn or written. Only scores of the objective are negated: a drop says how much worse, a gain
how much better, and a contender's other metrics are converted where they are shown.

Characters that change the direction of text become visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from tunedrop.report.results import Results
from tunedrop_common.metric_names import describe_metric

# Unicode's controls of direction -> their escapes in JSON.
_DIRECTIONS = {
    code: f"\\\\u{code:04x}"
    for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}

# The objective's scores and their intervals, where the page shows them.
_SCORES = (
    "objective",
    "training_jobs.*.objective",
    "confirm.contenders.*.mean",
    "confirm.contenders.*.interval",
    "confirm.contenders.*.test_score",
    "confirm.explanation.learning_curve.points.*.score",
    "confirm.explanation.data_quality.leaky_columns.*.column_score",
    "confirm.explanation.data_quality.leaky_columns.*.of_model",
    "confirm.explanation.data_quality.leaky_columns.*.without",
    "confirm.explanation.data_quality.duplicates.score_without",
    "confirm.explanation.data_quality.duplicates.test_score_without",
)


def to_display_values(results: Results) -> Results:
    """Return the results with display values; those of most metrics are the same."""
    text = results.model_dump_json()
    visible = text.translate(_DIRECTIONS)
    if visible != text:
        results = Results.model_validate_json(visible)
    if results.direction == "Minimize" or not describe_metric(results.metric).negated:
        return results
    display: Results = results.model_copy(update={"direction": "Minimize"})
    for path in _SCORES:
        display = _negate_at(display, path.split("."))
    return display


def _negate_at(value: Any, path: Sequence[str]) -> Any:
    """Return a copy of a record, or of several (`*`), with the value at the path negated."""
    if value is None or not path:
        return _negate(value)
    name, *rest = path
    if name == "*":
        return tuple(_negate_at(item, rest) for item in value)
    return value.model_copy(update={name: _negate_at(getattr(value, name), rest)})


def _negate(value: Any) -> Any:
    """Negate a score, an interval, or a record of nothing else."""
    if value is None:
        return None
    if isinstance(value, tuple):
        low, high = value
        return _negate(high), _negate(low)
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _negate(number) for name, number in value})
    return -value
