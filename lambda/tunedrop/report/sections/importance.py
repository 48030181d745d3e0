"""What the model learned: which columns are important, and whether more rows help."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.results import Results
from tunedrop.report.sections.section_text import digits, format_ci, join_names, not_available
from tunedrop_common.explanation import Importance, Learned, LearningCurve

# Columns are said one by one up to here; the chart has more.
MOST_SAID = 3


@dataclass(frozen=True)
class ImportanceSection:
    """The section's sentences; what is empty is not shown."""

    sentences: tuple[str, ...]
    method: str
    rows: str
    not_available: tuple[str, ...]


def importance_section(results: Results) -> ImportanceSection | None:
    """Return what the section says; None where Confirm said nothing of it."""
    explanation = results.confirm.explanation
    learned, curve = explanation.learned, explanation.learning_curve
    missing = not_available(explanation, "importance")
    if learned is None and curve is None and not missing:
        return None
    return ImportanceSection(
        sentences=importance_sentences(learned, results.metric_words) if learned else (),
        method=_method(learned) if learned else "",
        rows=rows_sentence(curve, results.metric_words) if curve else "",
        not_available=missing,
    )


def importance_sentences(learned: Learned, metric: str) -> tuple[str, ...]:
    """Say which columns are most important, and of how many that is significant."""
    significant = [each for each in learned.importance if each.is_significant]
    said = [
        _of(each, metric, first=place == 0) for place, each in enumerate(significant[:MOST_SAID])
    ]
    if learned.importance and not significant:
        said.append("No column has significant importance.")
    elif len(significant) < len(learned.importance):
        columns = sum(len(each.columns) for each in learned.importance)
        some = sum(len(each.columns) for each in significant)
        has = "has" if some == 1 else "have"
        said.append(f"{some:,} of {wording.count(columns, 'column')} {has} significant importance.")
    return tuple(said)


def _of(importance: Importance, metric: str, *, first: bool) -> str:
    names, several = join_names(importance.columns), len(importance.columns) > 1
    together = " (strongly associated, shuffled together)" if several else ""
    worse = f"{digits(importance.drop.value)}{format_ci(importance.drop.interval, digits)}"
    if not first:
        return f"Next: {names}{together}, {worse}."
    are, them = ("are the most important columns", "them") if several else (
        "is the most important column", "it",
    )  # fmt: skip
    return f"{names}{together} {are}: shuffling {them} worsens {metric} by {worse}."


def rows_sentence(curve: LearningCurve, metric: str) -> str:
    """Say whether more rows help; nothing where there are not two points to compare."""
    known = [point for point in curve.points if point.score.value is not None]
    if len(known) < 2:
        return ""
    half, whole = known[-2], known[-1]
    side, amount = curve.gain.side_of(0.0), abs(curve.gain.value or 0.0)
    change = f", better by {digits(amount)}{format_ci(curve.gain.interval, digits)}"
    numbers = (
        f"{metric} {wording.score(half.score.value)} with {half.rows:,} rows, "
        f"{wording.score(whole.score.value)} with {whole.rows:,}"
    )
    if curve.more_rows_help:
        return f"More rows help significantly: {numbers}{change}."
    if side > 0:
        return f"More rows help, but by very little: {numbers}{change}."
    return f"More rows show no significant gain: {numbers}."


def _method(learned: Learned) -> str:
    folds = wording.count(learned.folds, "fold")
    times = wording.count(learned.permutations, "time")
    return (
        f"Each column was shuffled {times} in each of {folds}, on rows that the model had not "
        "seen. Lines are confidence intervals, 95% for all columns together; where one includes "
        "0, the importance is not significant."
    )
