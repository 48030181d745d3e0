"""How a classifier errs, in sentences that need no statistics, and class by class."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.sections.words import (
    digits,
    label_text,
    listed,
    of_hundred,
    percent_interval,
    quoted,
)
from tunedrop.report.tables import TextTable
from tunedrop_common.model_errors import (
    Calibration,
    CalibrationBin,
    ClassErrors,
    ClassificationErrors,
    Threshold,
)

# More sentences of one kind are a wall; the table has all classes.
MOST_SENTENCES = 4
MOST_CLASSES = 300
# A rate over fewer rows says little about a hundred.
FEW_ROWS = 30
# Finding so many is what people ask of an alarm.
FIND = 0.9
# Intervals of some bins miss by chance: these shares of the rows, in one direction, don't.
OFTEN_OFF = 0.25
# And less than this is no matter.
FAR_OFF = 0.03


def class_table(errors: ClassificationErrors) -> TextTable:
    """Return how each class fares, most frequent first."""
    return TextTable(
        (
            "Class", "Rows", "Right, of those called so", "95 % interval",
            "Found, of those that are", "95 % interval",
        ),
        tuple(
            (
                label_text(each.label),
                f"{each.rows:,}",
                wording.percent(each.precision.value),
                percent_interval(each.precision.interval),
                wording.percent(each.recall.value),
                percent_interval(each.recall.interval),
            )
            for each in errors.classes[:MOST_CLASSES]
        ),
        numeric=range(1, 6),
    )  # fmt: skip


def class_sentences(errors: ClassificationErrors) -> tuple[str, ...]:
    """Say of each class how often it is right; of many classes, of the worst."""
    classes = list(errors.classes)
    if len(classes) <= MOST_SENTENCES:
        return tuple(_of_class(each) for each in classes)
    worst = sorted((each for each in classes if each.rows), key=_at_best)[: MOST_SENTENCES - 1]
    names = listed([quoted(each.label) for each in worst])
    first = f"Of the {len(classes):,} classes it is worst at {names}."
    return (first, *(_of_class(each) for each in worst))


def worst_sentence(errors: ClassificationErrors) -> str:
    """Say what it is worst at, of all classes."""
    classes = [each for each in errors.classes if each.rows]
    if not classes:
        return ""
    if all(each.recall.value == 1 for each in classes):
        return _no_mistake(errors)
    worst = min(classes, key=_at_best)
    return f"It is worst at {quoted(worst.label)}. {_of_class(worst)}"


def _at_best(errors: ClassErrors) -> float:
    """Return the better of what its rates can be: few rows alone don't make a class a bad one."""
    return sum(rate.ends[1] or rate.value or 0.0 for rate in (errors.precision, errors.recall))


def _of_class(errors: ClassErrors) -> str:
    name = quoted(errors.label)
    few = f" (only {wording.count(errors.rows, 'row')})" if errors.rows < FEW_ROWS else ""
    found = of_hundred(errors.recall.value)
    if not errors.predicted or errors.precision.value is None:
        return f"It never calls a row {name}: of 100 that are, it finds {found}{few}."
    right = of_hundred(errors.precision.value)
    are = "is" if right in ("1", "none") else "are"
    return f"Of 100 rows it calls {name}, {right} {are}; of 100 that are, it finds {found}{few}."


def confusion_sentence(errors: ClassificationErrors) -> str:
    """Name the confusion that happens most often; nothing where there is none."""
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
    names = [quoted(labels[each]) for each in (line, place)]
    share = wording.percent(count / total)
    of = f"{count:,} of the {wording.count(total, 'row')}"
    return f"Its most frequent mistake: in {of} that are {names[0]} ({share}), it says {names[1]}."


def _no_mistake(errors: ClassificationErrors) -> str:
    return f"It made no mistake on {wording.count(errors.basis.rows, 'row')}."


def calibration_sentences(calibration: Calibration) -> tuple[str, ...]:
    """Say what a percentage that the model gives is worth."""
    said = []
    told = _telling(calibration)
    if told is not None:
        sure, came = wording.percent(told.predicted), wording.percent(told.observed.value)
        said.append(
            f"When it says {sure}, it is right in {came}."
            if calibration.label is None
            else f"When it says {sure} for {quoted(calibration.label)}, that comes true in {came}."
        )
    said.append(_judged(calibration))
    brier, guessing = calibration.brier.value, calibration.brier_of_guessing
    if brier is not None:
        against = f"; guessing gets {digits(guessing)}" if guessing is not None else ""
        said.append(
            "The Brier score, which sums up how right its percentages are, is "
            f"{digits(brier)} (0 is perfect{against})."
        )
    return tuple(each for each in said if each)


def _telling(calibration: Calibration) -> CalibrationBin | None:
    """Return the bin nearest to 80 % among those with enough rows."""
    known = [each for each in calibration.bins if each.observed.value is not None]
    enough = [each for each in known if each.rows >= FEW_ROWS] or known
    return min(enough, key=lambda each: abs(each.predicted - 0.8), default=None)


def _judged(calibration: Calibration) -> str:
    rows = sum(each.rows for each in calibration.bins)
    sides = [_side(each) * each.rows for each in calibration.bins]
    too_sure = sum(side for side in sides if side > 0)
    too_shy = -sum(side for side in sides if side < 0)
    if not rows:
        return ""
    if max(too_sure, too_shy) <= OFTEN_OFF * rows:
        return "Its percentages can be taken at their word."
    if too_sure >= too_shy:
        return "It is surer than it should be: don't take its percentages at their word."
    return "It could be surer than it is: what it calls likely is likelier than it says."


def _side(found: CalibrationBin) -> int:
    """Return 1 where it is surely too sure, -1 where it is not sure enough, else 0."""
    low, high = found.observed.ends
    if low is None or high is None or low <= found.predicted <= high:
        return 0
    if abs(found.predicted - (found.observed.value or 0.0)) < FAR_OFF:
        return 0
    return 1 if (found.predicted > high) == (found.predicted > 0.5) else -1


def threshold_sentences(errors: ClassificationErrors) -> tuple[str, ...]:
    """Say what the usual threshold brings, and what finding nearly all would cost."""
    known = [each for each in errors.thresholds if each.recall is not None]
    if not known:
        return ()
    name = quoted(errors.positive)
    usual = min(known, key=lambda each: abs(each.threshold - 0.5))
    said = [f"If it says {name} from {wording.percent(usual.threshold)} on, it {_brings(usual)}."]
    finds = [each for each in known if (each.recall or 0) >= FIND]
    if finds and (usual.recall or 0) < FIND:
        most = max(finds, key=lambda each: each.threshold)
        said.append(
            f"To find 90 of 100, let it say so from {wording.percent(most.threshold)} on: "
            f"then it {_brings(most)}."
        )
    return tuple(said)


def _brings(threshold: Threshold) -> str:
    right = of_hundred(threshold.precision)
    found = f"finds {of_hundred(threshold.recall)} of 100"
    flags = f"flags {wording.percent(threshold.flagged)} of all rows"
    if threshold.precision is None:
        return f"{found} and flags no row"
    return f"{found} and {flags}, of which {right} of 100 are right"
