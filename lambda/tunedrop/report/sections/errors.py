"""The section on errors: what it says of a classifier, a regressor, segments and contenders."""

from __future__ import annotations

from typing import Any

from tunedrop import wording
from tunedrop.report.results import Results
from tunedrop.report.sections.classification import (
    calibration_sentences,
    class_sentences,
    class_table,
    confusion_sentence,
    threshold_sentences,
)
from tunedrop.report.sections.regression import (
    bias_sentences,
    bound_sentences,
    constant_sentence,
    size_sentence,
)
from tunedrop.report.sections.section_text import LONGEST_LABEL, digits, join_words
from tunedrop.report.sections.segments import (
    segment_sentences,
    segment_table,
    worst_rows,
)
from tunedrop.report.tables import TextTable
from tunedrop.wording import contender_label
from tunedrop_common.estimates import MetricScore
from tunedrop_common.explanation import Explanation
from tunedrop_common.metric_names import describe_metric
from tunedrop_common.model_errors import (
    AgainstChampion,
    Basis,
    Change,
    ClassificationErrors,
    RegressionErrors,
)

BANDS = "Dot: median of rows with similar predictions; bands: middle 50% and 80%."


def error_section(results: Results) -> dict[str, Any]:
    """Return the section's sentences and tables; what is empty is not shown."""
    explanation = results.confirm.explanation
    errors, segments = explanation.errors, explanation.segments
    classes = errors if isinstance(errors, ClassificationErrors) else None
    numbers = errors if isinstance(errors, RegressionErrors) else None
    calibration, against = classes and classes.calibration, explanation.against_champion
    return dict(
        sentences=_sentences(explanation),
        basis=_basis(errors.basis, explanation.predictions_sampled) if errors else "",
        bands=BANDS if numbers and len(numbers.bins) > 1 else "",
        classes=class_table(classes) if classes else None,
        classes_in_all=len(classes.classes) if classes else 0,
        calibration=calibration_sentences(calibration) if calibration else (),
        thresholds=threshold_sentences(classes) if classes else (),
        champion=_champion_sentences(against) if against and against.changes else (),
        segments=segment_sentences(segments) if segments else (),
        segment_table=segment_table(segments) if segments and segments.segments else None,
        worst=worst_rows(explanation.worst_rows, is_regression=numbers is not None),
        metrics=_metric_table(results),
    )


def _sentences(explanation: Explanation) -> tuple[str, ...]:
    """Return the main facts about the model's errors, the most important first."""
    errors = explanation.errors
    if isinstance(errors, ClassificationErrors):
        sentences = (*class_sentences(errors), confusion_sentence(errors))
    elif isinstance(errors, RegressionErrors):
        sentences = (
            constant_sentence(errors),
            *bound_sentences(errors),
            size_sentence(errors),
            *bias_sentences(errors),
        )
    else:
        sentences = ()
    return tuple(filter(None, sentences))


def errors_in_short(results: Results) -> str:
    """Return where the model errs most, for the top of the report; empty if not known."""
    explanation = results.confirm.explanation
    errors, segments = explanation.errors, explanation.segments
    sentences: list[str] = []
    if isinstance(errors, ClassificationErrors):
        sentences = [confusion_sentence(errors)]
    elif isinstance(errors, RegressionErrors):
        sentences = [*bound_sentences(errors)[:2], *bias_sentences(errors)]
    if sentences and segments:
        sentences += segment_sentences(segments)[1:2]
    return " ".join(filter(None, sentences))


def _basis(basis: Basis, is_sampled: bool) -> str:
    """Return on which rows the section is based."""
    total = f" of {basis.of_rows:,}" if basis.rows < basis.of_rows else ""
    sentences = [
        f"Based on out-of-fold predictions for {basis.rows:,}{total} training rows: each row is "
        "predicted by a model that was not fitted on it."
    ]
    if is_sampled:
        sentences.append("They are a stratified sample.")
    if basis.weighted:
        sentences.append("Rates count rows by their weights.")
    if basis.groups is not None:
        sentences.append(f"Confidence intervals are by groups of rows: {basis.groups:,}.")
    return " ".join(sentences)


def _champion_sentences(against: AgainstChampion) -> tuple[str, ...]:
    """Return for which classes, or tenths of the target, the new model is better or worse."""
    is_by_class = against.measure == "recall"
    sentences = []
    for side, word in ((1, "better"), (-1, "worse")):
        changes = [change for change in against.changes if change.gain.side_of(0.0) == side]
        if changes:
            names = join_words([_describe_change(change, is_by_class) for change in changes])
            sentences.append(f"Significantly {word} than the champion: {names}.")
    unit = "class" if is_by_class else "tenth of the target"
    nothing = f"No {unit} is significantly better or worse than with the champion."
    return tuple(sentences) or (nothing,)


def _describe_change(change: Change, is_by_class: bool) -> str:
    if is_by_class:
        name = wording.quoted(change.label, LONGEST_LABEL)
        before, after = (wording.percent(x) for x in (change.champion, change.selected))
        return f"{name} (recall {after}, was {before})"
    label, gain = wording.one_line(change.label, LONGEST_LABEL), change.gain.value or 0.0
    return f"values of {label} (error {digits(abs(gain))} {'lower' if gain > 0 else 'higher'})"


def _metric_table(results: Results) -> TextTable | None:
    """Return all metrics of all contenders; None where they were not recorded."""
    contenders = [rival for rival in results.confirm.contenders if rival.metrics]
    if not contenders:
        return None
    scorers = dict.fromkeys(scorer for rival in contenders for scorer in rival.metrics)
    return TextTable(
        ("Metric", *(contender_label(rival.name, rival.estimator) for rival in contenders)),
        tuple(
            (
                f"{describe_metric(scorer).words} ({describe_metric(scorer).direction})",
                *(_metric_cell(scorer, rival.metrics.get(scorer)) for rival in contenders),
            )
            for scorer in scorers
        ),
        numeric=range(1, len(contenders) + 1),
    )


def _metric_cell(scorer: str, score: MetricScore | None) -> str:
    """Return the mean, its interval and the test score, an error without the scorer's sign."""
    if score is None:
        return "-"
    metric = describe_metric(scorer)
    lines = [wording.score(metric.shown(score.mean))]
    if ends := wording.interval(metric.interval(*(score.interval or (None, None)))):
        lines.append(ends)
    if score.test_score is not None:
        lines.append(f"test: {wording.score(metric.shown(score.test_score))}")
    return "\n".join(lines)
