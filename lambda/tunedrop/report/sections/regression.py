"""A regressor's errors: their size, and where predictions are too high or too low."""

from __future__ import annotations

from collections.abc import Iterator

from tunedrop import wording
from tunedrop.report.sections.section_text import digits, format_estimate, join_words
from tunedrop_common.model_errors import ErrorBound, RegressionErrors

# The bounds with a sentence; the chart has the middle one, too.
LEVELS = (0.5, 0.95)
# A smaller median error, as a share of the typical error, does not matter.
NOTABLY_OFF = 0.5


def bound_sentences(errors: RegressionErrors) -> tuple[str, ...]:
    """Return how far off predictions are, and whether the bounds hold on other folds."""
    bounds = [bound for bound in errors.bounds if bound.level in LEVELS]
    sentences = [
        f"{wording.percent(bound.level)} of predictions are {_within(bound)}." for bound in bounds
    ]
    coverages = [bound.coverage.value for bound in bounds if bound.coverage.value is not None]
    if coverages:
        shares = join_words([wording.percent(coverage) for coverage in coverages])
        sentences.append(f"On folds not used to set them, these bounds contain {shares} of rows.")
    return tuple(sentences)


def _within(bound: ErrorBound) -> str:
    """Return a bound; a residual is actual minus predicted, so a low one is a high prediction."""
    high, low = (digits(max(0.0, distance)) for distance in (-bound.low, bound.high))
    return f"at most {high} too high or {low} too low"


def size_sentence(errors: RegressionErrors) -> str:
    """Return the mean absolute error."""
    mean = errors.mean_absolute_error
    return "" if mean.value is None else f"The mean absolute error is {format_estimate(mean)}."


def bias_sentences(errors: RegressionErrors) -> Iterator[str]:
    """Yield whether the lowest and the highest predictions are mostly too high or too low."""
    if len(errors.bins) < 2:
        return
    least = NOTABLY_OFF * (errors.median_absolute_error or 0.0)
    for position, part in (("lowest", errors.bins[0]), ("highest", errors.bins[-1])):
        _, lower, median, upper, _ = part.residual
        # more than three quarters are on one side
        if (lower > 0 or upper < 0) and abs(median) >= least:
            way = "low" if lower > 0 else "high"
            yield (
                f"The {position} predictions (around {digits(part.predicted)}) are too {way}: "
                f"median error {digits(abs(median))}."
            )


def constant_sentence(errors: RegressionErrors) -> str:
    """Return that the model predicts the same for every row; empty where it does not."""
    if len(errors.bins) != 1:
        return ""
    value = wording.number(errors.bins[0].predicted)
    return f"The model predicts the same value for every row: {value}."
