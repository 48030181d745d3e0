"""How the model errs: what the section says, for a reader who knows the business."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop.report.results import Results
from tunedrop.report.sections.against_champion import champion_sentences
from tunedrop.report.sections.classification import (
    calibration_sentences,
    class_sentences,
    class_table,
    confusion_sentence,
    threshold_sentences,
    worst_sentence,
)
from tunedrop.report.sections.metrics import metric_table
from tunedrop.report.sections.regression import (
    bias_sentences,
    bound_sentences,
    constant_sentence,
    size_sentence,
)
from tunedrop.report.sections.section_text import not_available
from tunedrop.report.sections.segments import (
    segment_sentences,
    segment_table,
    worst_rows,
    worst_segment_sentence,
)
from tunedrop.report.tables import TextTable
from tunedrop_common.explanation import Explanation
from tunedrop_common.model_errors import Basis, ClassificationErrors, RegressionErrors

BANDS = "Dot: median of rows with similar predictions; bands: middle 50% and 80%."


@dataclass(frozen=True)
class ErrorSection:
    """The section's sentences and tables; what is empty is not shown."""

    sentences: tuple[str, ...]
    basis: str
    bands: str
    classes: TextTable | None
    classes_in_all: int
    calibration: tuple[str, ...]
    thresholds: tuple[str, ...]
    champion: tuple[str, ...]
    segments: tuple[str, ...]
    segment_table: TextTable | None
    worst: TextTable | None
    metrics: TextTable | None
    not_available: tuple[str, ...]


def error_section(results: Results) -> ErrorSection:
    """Return what the section says."""
    explanation, metrics = results.confirm.explanation, metric_table(results)
    errors, segments = explanation.errors, explanation.segments
    against = explanation.against_champion
    classes = errors if isinstance(errors, ClassificationErrors) else None
    calibration = classes.calibration if classes else None
    return ErrorSection(
        sentences=error_sentences(explanation),
        basis=_basis(errors.basis, explanation.predictions_sampled) if errors else "",
        bands=BANDS if isinstance(errors, RegressionErrors) and len(errors.bins) > 1 else "",
        classes=class_table(classes) if classes else None,
        classes_in_all=len(classes.classes) if classes else 0,
        calibration=calibration_sentences(calibration) if calibration else (),
        thresholds=threshold_sentences(classes) if classes else (),
        champion=champion_sentences(against) if against and against.changes else (),
        segments=segment_sentences(segments) if segments else (),
        segment_table=segment_table(segments) if segments and segments.segments else None,
        worst=worst_rows(
            explanation.worst_rows, is_regression=isinstance(errors, RegressionErrors)
        ),
        metrics=metrics,
        not_available=not_available(explanation, "errors"),
    )


def error_sentences(explanation: Explanation) -> tuple[str, ...]:
    """Return what a reader has to know of the model's errors, first things first."""
    errors = explanation.errors
    if isinstance(errors, ClassificationErrors):
        found = (*class_sentences(errors), confusion_sentence(errors))
    elif isinstance(errors, RegressionErrors):
        found = (
            constant_sentence(errors),
            *bound_sentences(errors),
            size_sentence(errors),
            *bias_sentences(errors),
        )
    else:
        return ()
    return tuple(sentence for sentence in found if sentence)


def errors_in_short(results: Results) -> str:
    """Return where the model errs most, for the top of the report; nothing where it isn't known."""
    explanation = results.confirm.explanation
    errors, segments = explanation.errors, explanation.segments
    said: list[str] = []
    if isinstance(errors, ClassificationErrors):
        said = [worst_sentence(errors)]
    elif isinstance(errors, RegressionErrors):
        said = [*bound_sentences(errors)[:2], *bias_sentences(errors)]
    if said and segments:
        said += worst_segment_sentence(segments)
    return " ".join(sentence for sentence in said if sentence)


def _basis(basis: Basis, sampled: bool) -> str:
    """Say which rows all of this is counted on."""
    of = f" of {basis.of_rows:,}" if basis.rows < basis.of_rows else ""
    rows = f"{basis.rows:,}{of} training rows"
    said = [f"Based on out-of-fold predictions for {rows}."]
    if sampled:
        said.append("They are a sample in which all classes have their share.")
    if basis.weighted:
        said.append("Rates count rows by their weights.")
    if basis.groups is not None:
        said.append(f"Confidence intervals are by groups of rows: {basis.groups:,}.")
    return " ".join(said)
