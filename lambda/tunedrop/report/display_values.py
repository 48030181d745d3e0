"""Results as people read them: an error is positive, and the lower one is the better.

Characters in names that turn the direction of the text around them become visible.

For a scorer greater is always better, so it negates errors. This is undone once, before anything
is drawn or said. What is not a score of the objective stays: a drop is how much worse, a gain how
much better; a contender's metrics are turned one by one, each by its own words (`called`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from tunedrop.report.results import Results
from tunedrop_common.metric_names import describe_metric

# Unicode's, which are not printable, by how JSON has them as visible text.
_DIRECTIONS = {
    code: f"\\\\u{code:04x}"
    for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}

# Where the objective's scores are, their intervals, and differences of two of them.
_SCORES = (
    "objective",
    "training_jobs.*.objective",
    "parent_training_jobs.*.objective",
    "confirm.contenders.*.scores.*",
    "confirm.contenders.*.mean",
    "confirm.contenders.*.interval",
    "confirm.contenders.*.test_score",
    "confirm.comparisons.*.difference",
    "confirm.comparisons.*.t",
    "confirm.explanation.learning_curve.points.*.score",
    "confirm.explanation.data_quality.leaky_columns.*.alone",
    "confirm.explanation.data_quality.leaky_columns.*.of_model",
    "confirm.explanation.data_quality.leaky_columns.*.without",
    "confirm.explanation.data_quality.duplicates.score_without",
    "confirm.explanation.data_quality.duplicates.test_score_without",
)


def to_display_values(results: Results) -> Results:
    """Return the results with their values as people read them; most metrics need no change.

    Errors, which scorers negate, become positive, and lower ones the better. The metric keeps its
    name.
    """
    text = results.model_dump_json()
    visible = text.translate(_DIRECTIONS)
    if visible != text:
        results = Results.model_validate_json(visible)
    if results.direction == "Minimize" or not describe_metric(results.metric).negated:
        return results
    turned: Results = results.model_copy(update={"direction": "Minimize"})
    for path in _SCORES:
        turned = _turned_at(turned, path.split("."))
    return turned


def _turned_at(value: Any, path: Sequence[str]) -> Any:
    """Return a copy of a record, or of several (`*`), in which what the path leads to is turned."""
    if value is None or not path:
        return _turned(value)
    name, *rest = path
    if name == "*":
        return tuple(_turned_at(each, rest) for each in value)
    return value.model_copy(update={name: _turned_at(getattr(value, name), rest)})


def _turned(value: Any) -> Any:
    """Turn a score, an interval, or a record that has nothing else."""
    if value is None:
        return None
    if isinstance(value, tuple):
        low, high = value
        return _turned(high), _turned(low)
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _turned(each) for name, each in value})
    return -value
