"""A classifier's errors: classes, calibration and decision thresholds."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.sections.section_text import (
    digits,
    format_ci,
    join_words,
    label_text,
    quoted,
)
from tunedrop.report.tables import TextTable, make_table
from tunedrop_common.model_errors import (
    Calibration,
    CalibrationBin,
    ClassErrors,
    ClassificationErrors,
)

# Of one kind; the table has all classes.
MOST_SENTENCES = 4
MOST_CLASSES = 300
# A rate of fewer rows is given with their number.
FEW_ROWS = 30
# What an alarm is often required to find.
RECALL = 0.9
# A smaller distance of a probability does not matter, however significant it is.
FAR_OFF = 0.03


def class_table(errors: ClassificationErrors) -> TextTable:
    """Return each class's rows, precision and recall, most frequent first."""
    percent, interval = wording.percent, wording.interval
    return make_table(
        errors.classes[:MOST_CLASSES],
        ("Class", lambda row: label_text(row.label)),
        ("Rows", lambda row: f"{row.rows:,}"),
        ("Precision", lambda row: percent(row.precision.value)),
        ("95% CI", lambda row: interval(row.precision.interval, percent)),
        ("Recall", lambda row: percent(row.recall.value)),
        ("95% CI", lambda row: interval(row.recall.interval, percent)),
        numeric=range(1, 6),
    )


def class_sentences(errors: ClassificationErrors) -> tuple[str, ...]:
    """Return each class's precision and recall; of many classes, those of the worst."""
    classes, first = list(errors.classes), []
    if len(classes) > MOST_SENTENCES:
        classes = sorted((item for item in classes if item.rows), key=_best_rates)
        classes = classes[: MOST_SENTENCES - 1]
        names = join_words([quoted(item.label) for item in classes])
        first = [f"Of {len(errors.classes):,} classes, the model is worst at {names}."]
    sentences = (_of_class(item, has_gloss=not number) for number, item in enumerate(classes))
    return (*first, *sentences)


def _best_rates(errors: ClassErrors) -> float:
    """Return the sum of the best plausible rates: few rows alone make no class a bad one."""
    return sum(rate.ends[1] or rate.value or 0.0 for rate in (errors.precision, errors.recall))


def _of_class(errors: ClassErrors, *, has_gloss: bool) -> str:
    name = quoted(errors.label)
    rows = f" (only {wording.count(errors.rows, 'row')})" if errors.rows < FEW_ROWS else ""
    if not errors.predicted or errors.precision.value is None:
        return f"The model never predicts {name}{rows}."
    precision, recall = " (predictions that are correct)", f" ({name} rows found)"
    return (
        f"{name}: precision {wording.percent(errors.precision.value)}"
        f"{precision if has_gloss else ''}, recall {wording.percent(errors.recall.value)}"
        f"{recall if has_gloss else ''}{rows}."
    )


def confusion_sentence(errors: ClassificationErrors) -> str:
    """Return the most frequent error; empty where the classes shown have none."""
    labels, counts = errors.confusion.labels, errors.confusion.counts
    shown = len(labels)
    count, actual, predicted = max(
        (
            (count, actual, predicted)
            for actual, row in enumerate(counts[:shown])
            for predicted, count in enumerate(row[:shown])
            if actual != predicted
        ),
        default=(0, 0, 0),
    )
    if not count:
        rows = wording.count(errors.basis.rows, "row")
        return "" if errors.confusion.folded else f"The model made no error on {rows}."
    total = sum(counts[actual])
    return (
        f"Most frequent error: {count:,} of {total:,} {quoted(labels[actual])} rows "
        f"({wording.percent(count / total)}) are predicted {quoted(labels[predicted])}."
    )


def calibration_sentences(calibration: Calibration) -> tuple[str, ...]:
    """Return how far the predicted probabilities come true, judged by the bins' intervals."""
    bins = [part for part in calibration.bins if part.observed.value is not None]
    too_high = [part for part in bins if _side(part) == 1]
    too_low = [part for part in bins if _side(part) == -1]
    sentences = [_verdict(calibration, len(bins), too_high, too_low)] if bins else []
    if too_high or too_low:
        sentences.append(_of_bin(max(too_high + too_low, key=_distance), calibration))
    if calibration.brier.value is not None:
        frequencies = digits(calibration.baseline_brier)
        sentences.append(
            f"Brier score (squared error of probabilities): {digits(calibration.brier.value)}; 0 "
            f"is perfect, class frequencies alone give {frequencies}."
        )
    return tuple(sentences)


def _side(part: CalibrationBin) -> int:
    """Return 1 where probabilities are significantly too high, -1 where too low, else 0."""
    is_far = _distance(part) >= FAR_OFF
    return -part.observed.side_of(part.predicted) if is_far else 0


def _distance(part: CalibrationBin) -> float:
    return abs(part.predicted - (part.observed.value or 0.0))


def _of_bin(part: CalibrationBin, calibration: Calibration) -> str:
    predicted = f"about {wording.percent(part.predicted)} probability"
    ci = format_ci(part.observed.interval, wording.percent)
    observed = f"in {wording.percent(part.observed.value)} of cases{ci}"
    if calibration.label is None:
        return f"Predictions with {predicted} are correct {observed}."
    name = quoted(calibration.label)
    return f"Rows with {predicted} of {name} are {name} {observed}."


def _verdict(
    calibration: Calibration,
    bins: int,
    too_high: list[CalibrationBin],
    too_low: list[CalibrationBin],
) -> str:
    """Return in which direction probabilities are off; one-sided bins are no confidence of both."""
    if not too_high and not too_low:
        return "The predicted probabilities are well calibrated: no bin is significantly off."
    share = f"in {len(too_high) + len(too_low):,} of {wording.count(bins, 'bin')}"
    if not (too_high and too_low):
        way = "high" if too_high else "low"
        if calibration.label is None:
            verdict = f"is {'overconfident' if too_high else 'underconfident'}"
        else:
            verb = "overestimates" if too_high else "underestimates"
            verdict = f"{verb} {quoted(calibration.label)}"
        return f"The model {verdict}: {share}, its probabilities are too {way}."
    is_extreme = [part.predicted > 0.5 for part in too_high]
    is_extreme += [part.predicted < 0.5 for part in too_low]
    if calibration.label is not None and all(is_extreme):
        return "The model is overconfident: its probabilities are too extreme."
    if calibration.label is not None and not any(is_extreme):
        return "The model is underconfident: its probabilities are too close to 50%."
    return f"The probabilities are not calibrated: {share}, they are too high or too low."


def threshold_sentences(errors: ClassificationErrors) -> tuple[str, ...]:
    """Return what the usual decision threshold gives, and what a high recall costs."""
    thresholds = [point for point in errors.thresholds if point.recall is not None]
    if not thresholds:
        return ()
    usual = min(thresholds, key=lambda point: abs(point.threshold - 0.5))
    sentences = [
        f"At a decision threshold (probability cut-off) of {wording.percent(usual.threshold)}, "
        f"recall is {wording.percent(usual.recall)} and precision "
        f"{wording.percent(usual.precision)}; {wording.percent(usual.flagged)} of rows are "
        f"predicted {quoted(errors.positive)}."
    ]
    high_recall = [point for point in thresholds if (point.recall or 0) >= RECALL]
    if high_recall and (usual.recall or 0) < RECALL:
        highest = max(high_recall, key=lambda point: point.threshold)
        sentences.append(
            f"For {wording.percent(RECALL)} recall, set the decision threshold to "
            f"{wording.percent(highest.threshold)}: precision "
            f"{wording.percent(highest.precision)}, {wording.percent(highest.flagged)} of rows "
            "flagged."
        )
    return tuple(sentences)
