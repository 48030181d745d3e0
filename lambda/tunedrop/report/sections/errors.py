"""How the model errs: what the section says, for a reader who knows the business."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop import wording
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
from tunedrop.report.sections.slices import (
    loss_words,
    slice_sentences,
    slice_table,
    worst_rows,
    worst_slice_sentence,
)
from tunedrop.report.sections.words import left_out
from tunedrop.report.tables import TextTable
from tunedrop_common.explanation import Explanation
from tunedrop_common.model_errors import Basis, ClassificationErrors, RegressionErrors

BANDS = (
    "Each dot is the middle of rows with like predictions; the dark band has half of them, the "
    "light one 80 %."
)


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
    slices: tuple[str, ...]
    slice_table: TextTable | None
    loss: str
    worst: TextTable | None
    metrics: TextTable | None
    left_out: tuple[str, ...]


def error_section(results: Results) -> ErrorSection:
    """Return what the section says."""
    explanation, metrics = results.confirm.explanation, metric_table(results)
    errors, slices = explanation.errors, explanation.slices
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
        slices=slice_sentences(slices) if slices else (),
        slice_table=slice_table(slices) if slices and slices.slices else None,
        loss=loss_words(slices) if slices else "",
        worst=worst_rows(explanation.worst_rows),
        metrics=metrics,
        left_out=left_out(explanation, "errors"),
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
    errors, slices = explanation.errors, explanation.slices
    said: list[str] = []
    if isinstance(errors, ClassificationErrors):
        said = [worst_sentence(errors)]
    elif isinstance(errors, RegressionErrors):
        said = [*bound_sentences(errors)[:2], *bias_sentences(errors)]
    if said and slices:
        said += worst_slice_sentence(slices)
    return " ".join(sentence for sentence in said if sentence)


def _basis(basis: Basis, sampled: bool) -> str:
    """Say which rows all of this is counted on."""
    rows = wording.count(basis.rows, "row")
    of = f" of {basis.of_rows:,}" if basis.rows < basis.of_rows else ""
    once = ", each predicted once by a model that had not seen it"
    said = [f"Counted on {rows}{of} of the training data{once}."]
    if sampled:
        said.append("They are a sample in which all classes have their share.")
    if basis.weighted:
        said.append("Rates count rows by their weights.")
    if basis.groups is not None:
        said.append(
            f"Rows that belong together count together in the intervals: {basis.groups:,} groups."
        )
    return " ".join(said)
