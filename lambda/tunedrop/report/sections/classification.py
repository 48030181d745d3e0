"""How a classifier errs, in sentences and class by class."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.sections.section_text import (
    digits,
    format_ci,
    join_words,
    label_text,
    quoted,
)
from tunedrop.report.tables import TextTable
from tunedrop_common.model_errors import (
    Calibration,
    CalibrationBin,
    ClassErrors,
    ClassificationErrors,
)

# More sentences of one kind are a wall; the table has all classes.
MOST_SENTENCES = 4
MOST_CLASSES = 300
# A rate of fewer rows is said with their number.
FEW_ROWS = 30
# Finding so many is what people ask of an alarm.
RECALL = 0.9
# A probability that is off by less is no matter, however certain that is.
FAR_OFF = 0.03


def class_table(errors: ClassificationErrors) -> TextTable:
    """Return how each class fares, most frequent first."""
    return TextTable(
        ("Class", "Rows", "Precision", "95% CI", "Recall", "95% CI"),
        tuple(
            (
                label_text(each.label),
                f"{each.rows:,}",
                wording.percent(each.precision.value),
                wording.interval(each.precision.interval, wording.percent),
                wording.percent(each.recall.value),
                wording.interval(each.recall.interval, wording.percent),
            )
            for each in errors.classes[:MOST_CLASSES]
        ),
        numeric=range(1, 6),
    )


def class_sentences(errors: ClassificationErrors) -> tuple[str, ...]:
    """Say each class's precision and recall; of many classes, those of the worst."""
    classes = list(errors.classes)
    if len(classes) <= MOST_SENTENCES:
        return tuple(_of_class(each, gloss=not place) for place, each in enumerate(classes))
    worst = sorted((each for each in classes if each.rows), key=_at_best)[: MOST_SENTENCES - 1]
    names = join_words([quoted(each.label) for each in worst])
    first = f"Of {len(classes):,} classes, the model is worst at {names}."
    return (first, *(_of_class(each, gloss=not place) for place, each in enumerate(worst)))


def worst_sentence(errors: ClassificationErrors) -> str:
    """Say at which of all classes the model is worst."""
    classes = [each for each in errors.classes if each.rows]
    if not classes:
        return ""
    if all(each.recall.value == 1 for each in classes):
        return _no_mistake(errors)
    worst = min(classes, key=_at_best)
    return f"The model is worst at {quoted(worst.label)}. {_of_class(worst, gloss=True)}"


def _at_best(errors: ClassErrors) -> float:
    """Return the better of what its rates can be: few rows alone don't make a class a bad one."""
    return sum(rate.ends[1] or rate.value or 0.0 for rate in (errors.precision, errors.recall))


def _of_class(errors: ClassErrors, *, gloss: bool) -> str:
    name = quoted(errors.label)
    few = f" (only {wording.count(errors.rows, 'row')})" if errors.rows < FEW_ROWS else ""
    if not errors.predicted or errors.precision.value is None:
        return f"The model never predicts {name}{few}."
    correct = " (predictions that are correct)" if gloss else ""
    found = f" ({name} rows found)" if gloss else ""
    return (
        f"{name}: precision {wording.percent(errors.precision.value)}{correct}, recall "
        f"{wording.percent(errors.recall.value)}{found}{few}."
    )


def confusion_sentence(errors: ClassificationErrors) -> str:
    """Name the most frequent confusion; nothing where there is none among the classes shown."""
    labels, counts = errors.confusion.labels, errors.confusion.counts
    named = len(labels) - bool(errors.confusion.folded)
    wrong = [
        (count, line, place)
        for line, row in enumerate(counts[:named])
        for place, count in enumerate(row[:named])
        if line != place
    ]
    count, line, place = max(wrong, default=(0, 0, 0))
    if not count:
        return "" if errors.confusion.folded else _no_mistake(errors)
    total = sum(counts[line])
    actual, predicted = (quoted(labels[each]) for each in (line, place))
    return (
        f"Most frequent error: {count:,} of {total:,} {actual} rows "
        f"({wording.percent(count / total)}) are predicted {predicted}."
    )


def _no_mistake(errors: ClassificationErrors) -> str:
    return f"The model made no mistake on {wording.count(errors.basis.rows, 'row')}."


def calibration_sentences(calibration: Calibration) -> tuple[str, ...]:
    """Say what a probability that the model gives is worth, by the intervals of the bins."""
    bins = [each for each in calibration.bins if each.observed.value is not None]
    off = {side: [each for each in bins if _side(each) == side] for side in (1, -1)}
    said = []
    if bins:
        said = [_of_bin(_telling(bins, off[1] + off[-1]), calibration)]
        said.append(_judged(calibration, len(bins), off[1], off[-1]))
    brier, guessing = calibration.brier.value, calibration.brier_of_guessing
    if brier is not None:
        alone = f", class frequencies alone give {digits(guessing)}" if guessing is not None else ""
        said.append(
            f"Brier score (squared error of probabilities): {digits(brier)}; 0 is perfect{alone}."
        )
    return tuple(said)


def _side(found: CalibrationBin) -> int:
    """Return 1 where probabilities are significantly too high, -1 where too low, else 0."""
    far = abs(found.predicted - (found.observed.value or 0.0)) >= FAR_OFF
    return -found.observed.side_of(found.predicted) if far else 0


def _telling(bins: list[CalibrationBin], off: list[CalibrationBin]) -> CalibrationBin:
    """Return the bin that is farthest off, else the one nearest to 80% that has enough rows."""
    if off:
        return max(off, key=lambda each: abs(each.predicted - (each.observed.value or 0.0)))
    enough = [each for each in bins if each.rows >= FEW_ROWS] or bins
    return min(enough, key=lambda each: abs(each.predicted - 0.8))


def _of_bin(found: CalibrationBin, calibration: Calibration) -> str:
    predicted, observed = wording.percent(found.predicted), wording.percent(found.observed.value)
    between = format_ci(found.observed.interval, wording.percent)
    if calibration.label is None:
        return (
            f"Predictions with about {predicted} probability are correct in {observed} of cases"
            f"{between}."
        )
    name = quoted(calibration.label)
    return f"Rows with about {predicted} probability of {name} are {name} in {observed}{between}."


def _judged(
    calibration: Calibration, bins: int, high: list[CalibrationBin], low: list[CalibrationBin]
) -> str:
    """Say which way probabilities are off: if only one way, that is what it is called by."""
    if not high and not low:
        return "The predicted probabilities are well calibrated: no bin is significantly off."
    several = f"{len(high) + len(low):,} of {wording.count(bins, 'bin')}"
    if calibration.label is None and not (high and low):
        confident, way = ("overconfident", "high") if high else ("underconfident", "low")
        return f"The model is {confident}: in {several}, its probabilities are too {way}."
    if not (high and low):
        verb, way = ("overestimates", "high") if high else ("underestimates", "low")
        name = quoted(calibration.label)
        return f"The model {verb} {name}: in {several}, its probabilities are too {way}."
    extreme = [each.predicted > 0.5 for each in high] + [each.predicted < 0.5 for each in low]
    if calibration.label is not None and all(extreme):
        return "The model is overconfident: its probabilities are too extreme."
    if calibration.label is not None and not any(extreme):
        return "The model is underconfident: its probabilities are too close to 50%."
    return f"The probabilities are not calibrated: in {several}, they are too high or too low."


def threshold_sentences(errors: ClassificationErrors) -> tuple[str, ...]:
    """Say what the usual threshold brings, and what finding nearly all would cost."""
    known = [each for each in errors.thresholds if each.recall is not None]
    if not known:
        return ()
    usual = min(known, key=lambda each: abs(each.threshold - 0.5))
    said = [
        f"At a decision threshold of {wording.percent(usual.threshold)}, recall is "
        f"{wording.percent(usual.recall)} and precision {wording.percent(usual.precision)}; "
        f"{wording.percent(usual.flagged)} of rows are predicted {quoted(errors.positive)}."
    ]
    finds = [each for each in known if (each.recall or 0) >= RECALL]
    if finds and (usual.recall or 0) < RECALL:
        most = max(finds, key=lambda each: each.threshold)
        said.append(
            f"For {wording.percent(RECALL)} recall, set the decision threshold to "
            f"{wording.percent(most.threshold)}: precision {wording.percent(most.precision)}, "
            f"{wording.percent(most.flagged)} of rows flagged."
        )
    return tuple(said)
