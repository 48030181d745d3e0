"""How a regressor errs, in sentences."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.sections.section_text import digits, format_ci, join_words
from tunedrop_common.model_errors import ErrorBound, PredictionBin, RegressionErrors

# Of the bounds, those that say most: the middle one is in the chart.
_SAID = (0.5, 0.95)
# Bounds that differ less than this from side to side are said as one.
ONE_SIDED = 0.15
# Being too high or too low by less than this share of a typical error is no matter.
NOTABLY_OFF = 0.5


def bound_sentences(errors: RegressionErrors) -> tuple[str, ...]:
    """Say how far off predictions are, and whether the bounds held on other folds."""
    bounds = [each for each in errors.bounds if each.level in _SAID]
    said = [f"{wording.percent(each.level)} of predictions are {_within(each)}." for each in bounds]
    covered = [
        wording.percent(each.coverage.value) for each in bounds if each.coverage.value is not None
    ]
    if covered:
        said.append(
            f"On folds not used to set them, these bounds contain {join_words(covered)} of rows."
        )
    return tuple(said)


def _within(bound: ErrorBound) -> str:
    """Say a bound; a residual is actual minus predicted, so a negative one is a guess too high."""
    high, low = max(0.0, -bound.low), max(0.0, bound.high)
    if abs(high - low) <= ONE_SIDED * max(high, low):
        return f"within ±{digits(max(high, low))} of the actual value"
    return f"at most {digits(high)} too high or {digits(low)} too low"


def size_sentence(errors: RegressionErrors) -> str:
    """Say the mean of the absolute errors."""
    mean = errors.mean_absolute_error
    if mean.value is None:
        return ""
    return f"The mean absolute error is {digits(mean.value)}{format_ci(mean.interval, digits)}."


def bias_sentences(errors: RegressionErrors) -> tuple[str, ...]:
    """Say where predictions are mostly too high or too low: for the lowest, for the highest."""
    if len(errors.bins) < 2:
        return ()
    found = []
    least = NOTABLY_OFF * (errors.median_absolute_error or 0.0)
    for words, part in (("lowest", errors.bins[0]), ("highest", errors.bins[-1])):
        side = _side(part)
        if side and abs(part.residual[2]) >= least:
            found.append(
                f"The {words} predictions (around {digits(part.predicted)}) are mostly too {side}: "
                f"median error {digits(abs(part.residual[2]))}."
            )
    return tuple(found)


def _side(part: PredictionBin) -> str:
    """Return on which side more than three quarters of these predictions are."""
    if part.residual[1] > 0:
        return "low"
    return "high" if part.residual[3] < 0 else ""


def constant_sentence(errors: RegressionErrors) -> str:
    """Say that the model predicts the same for every row; nothing where it doesn't."""
    if len(errors.bins) != 1:
        return ""
    return f"The model predicts the same for every row: {wording.number(errors.bins[0].predicted)}."
