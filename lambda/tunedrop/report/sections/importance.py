"""The section on what the model learned: important columns, and whether more rows help."""

from __future__ import annotations

from typing import Any

from tunedrop import wording
from tunedrop.report.results import Results
from tunedrop.report.sections.section_text import format_estimate, join_names
from tunedrop_common.explanation import Importance, Learned, LearningCurve

# The columns with a sentence of their own; the chart has more.
MOST_SENTENCES = 3


def importance_section(results: Results) -> dict[str, Any] | None:
    """Return the section's sentences, of which some may be empty; None without any of it."""
    explanation, metric = results.confirm.explanation, results.metric_words
    learned, curve = explanation.learned, explanation.learning_curve
    if learned is None and curve is None:
        return None
    return dict(
        sentences=_importance_sentences(learned, metric) if learned else (),
        method=_method(learned) if learned else "",
        rows=rows_sentence(curve, metric) if curve else "",
    )


def _importance_sentences(learned: Learned, metric: str) -> tuple[str, ...]:
    """Return the most important columns, and how many have significant importance."""
    significant = [item for item in learned.importance if item.is_significant]
    if learned.importance and not significant:
        return ("No column has significant importance.",)
    sentences = [
        _of_columns(importance, metric, is_first=number == 0)
        for number, importance in enumerate(significant[:MOST_SENTENCES])
    ]
    if len(significant) < len(learned.importance):
        columns = sum(len(item.columns) for item in learned.importance)
        important = sum(len(item.columns) for item in significant)
        has = "has" if important == 1 else "have"
        total = wording.count(columns, "column")
        sentences.append(f"{important:,} of {total} {has} significant importance.")
    return tuple(sentences)


def _of_columns(importance: Importance, metric: str, *, is_first: bool) -> str:
    names, several = join_names(importance.columns), len(importance.columns) > 1
    together = " (strongly associated, shuffled together)" if several else ""
    drop = format_estimate(importance.drop)
    if not is_first:
        return f"Next: {names}{together}, by {drop}."
    are, them = ("are the most important columns", "them") if several else (
        "is the most important column", "it",
    )  # fmt: skip
    return f"{names}{together} {are}: shuffling {them} worsens {metric} by {drop}."


def rows_sentence(curve: LearningCurve, metric: str) -> str:
    """Return whether more rows help; empty without two points to compare."""
    points = [point for point in curve.points if point.score.value is not None]
    if len(points) < 2:
        return ""
    half, full = points[-2:]
    scores = (
        f"{metric} {wording.score(half.score.value)} with {half.rows:,} rows, "
        f"{wording.score(full.score.value)} with {full.rows:,}"
    )
    if curve.gain.side_of(0.0) <= 0 and not curve.more_rows_help:
        return f"More rows show no significant gain: {scores}."
    how = "significantly" if curve.more_rows_help else "significantly, but by very little"
    return f"More rows help {how}: {scores}, better by {format_estimate(curve.gain)}."


def _method(learned: Learned) -> str:
    folds = wording.count(learned.folds, "fold")
    times = wording.count(learned.permutations, "time")
    return (
        f"Permutation importance: how much the score drops when a column is shuffled, {times} in "
        f"each of {folds}, on rows that the model was not fitted on. Lines are 95% confidence "
        "intervals for all columns together; where one includes 0, the importance is not "
        "significant."
    )
