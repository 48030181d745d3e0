"""Segments of the rows with a higher error, and the single rows that were predicted worst."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.sections.section_text import LONGEST_LABEL, digits, label_text
from tunedrop.report.tables import TextTable, make_table
from tunedrop_common.estimates import Label
from tunedrop_common.model_errors import Segment, Segments, WorstRow

MOST_SENTENCES = 3
LONGEST_SEGMENT = 160
# Columns of the worst rows that the page has room for.
MOST_VALUES = 12


def segment_sentences(segments: Segments) -> tuple[str, ...]:
    """Return which segments have a significantly higher error, or that none has."""
    significant = [segment for segment in segments.segments if segment.is_significant]
    if not segments.examined:
        return ()
    if not significant:
        return (f"No segment has a significantly higher error ({segments.examined:,} tested).",)
    has = "has" if len(significant) == 1 else "have"
    first = (
        f"{len(significant):,} of {wording.count(segments.examined, 'segment')} {has} a "
        "significantly higher error (corrected for multiple tests)."
    )
    return (first, *(_of_segment(segment, segments) for segment in significant[:MOST_SENTENCES]))


def _of_segment(segment: Segment, segments: Segments) -> str:
    label = wording.one_line(segment.label, LONGEST_SEGMENT)
    start = f"Segment {label} ({wording.count(segment.rows, 'row')})"
    is_share = segments.measure == "share wrong"
    write = wording.percent if is_share else digits
    error = (
        f"{write(segment.error)} wrong"
        if is_share
        else f"mean absolute error {write(segment.error)}"
    )
    return f"{start}: {error}, other rows {write(segment.error_elsewhere)}."


def segment_table(segments: Segments) -> TextTable:
    """Return the segments that are significant, and those that were requested."""
    is_share = segments.measure == "share wrong"
    format_error = wording.percent if is_share else digits
    return make_table(
        segments.segments,
        ("Segment", lambda segment: wording.one_line(segment.label, LONGEST_SEGMENT)),
        ("Rows", lambda segment: f"{segment.rows:,}"),
        ("Wrong" if is_share else "Mean absolute error", lambda part: format_error(part.error)),
        ("Other rows", lambda segment: format_error(segment.error_elsewhere)),
        ("p value", lambda segment: _p_value(segment.p_value or 0.0)),
        ("Error", lambda part: f"{'' if part.is_significant else 'not '}significantly higher"),
        numeric=range(1, 5),
    )


def _p_value(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else wording.number(p_value, 2)


def worst_rows(rows: tuple[WorstRow, ...], *, is_regression: bool) -> TextTable | None:
    """Return the rows that were predicted worst; None where there are none.

    Its columns are those whose values may be shown.
    """
    if not rows:
        return None
    names = list(dict.fromkeys(name for row in rows for name in row.values))[:MOST_VALUES]
    actual_and_predicted = ("Actual", "Predicted") if names else ()
    return TextTable(
        (
            "Row",
            "Absolute error" if is_regression else "Probability of other classes",
            *actual_and_predicted,
            *(wording.one_line(name, LONGEST_LABEL) for name in names),
        ),
        tuple(
            (
                f"{row.number:,}",
                digits(row.error) if is_regression else wording.percent(row.error),
                *((_value(row.actual), _value(row.predicted)) if names else ()),
                *(_value(row.values.get(name)) for name in names),
            )
            for row in rows
        ),
        numeric=(0, 1),
    )


def _value(value: Label) -> str:
    return wording.number(value) if isinstance(value, float) else label_text(value)
