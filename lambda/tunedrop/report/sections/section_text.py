"""Formats that several sections share: classes, intervals, lists, analyses not available."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tunedrop import wording
from tunedrop_common.data_text import escape
from tunedrop_common.estimates import Interval, IntervalEstimate, Label
from tunedrop_common.explanation import Explanation, ExplanationStep

LONGEST_LABEL = 60


def label_text(label: Label) -> str:
    """Return a class as people read it."""
    if label is None:
        return "no value"
    return escape(str(label), LONGEST_LABEL) or "(empty)"


def labels_apart(labels: Sequence[Label]) -> tuple[str, ...]:
    """Return short texts of which no two are the same, as a chart's scale needs them.

    Example
    -------
    >>> labels_apart(["a", "b", "a"]), labels_apart([1, "1"])
    (('a', 'b', 'a (2)'), ('1', '1 (2)'))
    """
    texts: list[str] = []
    for label in labels:
        text = unique = escape(label_text(label), 40)
        number = 1
        while unique in texts:
            number += 1
            unique = f"{text} ({number})"
        texts.append(unique)
    return tuple(texts)


def quoted(label: Label) -> str:
    """Return a class inside a sentence."""
    return "no value" if label is None else wording.quoted(label_text(label), LONGEST_LABEL)


def digits(value: float | None) -> str:
    """Return a number with three digits, as numbers inside a sentence have."""
    return wording.number(value, 3)


def format_ci(interval: Interval, write: Callable[[float], str] = wording.score) -> str:
    """Return an interval in brackets, behind its number; nothing where there is none.

    Example
    -------
    >>> format_ci((0.77, 0.84)), format_ci((0.5, 0.75), wording.percent), format_ci(None)
    (' (95% CI 0.7700 to 0.8400)', ' (95% CI 50% to 75%)', '')
    """
    between = wording.interval(interval, write)
    return f" (95% CI {between})" if between else ""


def format_score(score: IntervalEstimate) -> str:
    """Return a score with its interval."""
    return wording.score(score.value) + format_ci(score.interval)


def format_estimate(estimate: IntervalEstimate) -> str:
    """Return a number with its interval, with three digits."""
    return digits(estimate.value) + format_ci(estimate.interval, digits)


def join_words(words: Sequence[str], most: int = 5) -> str:
    """Return words as a list inside a sentence.

    Example
    -------
    >>> join_words(["a", "b", "c"]), join_words(["a", "b", "c"], 1), join_words(["a"])
    ('a, b and c', 'a and 2 more', 'a')
    """
    shown = [*words[:most]]
    if len(words) > most:
        shown.append(f"{len(words) - most:,} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def join_names(names: Sequence[str], most: int = 5) -> str:
    """Return names out of people's data as a list inside a sentence."""
    return join_words([wording.quoted(name, LONGEST_LABEL) for name in names], most)


def not_available(explanation: Explanation) -> tuple[str, ...]:
    """Return which analyses are not available, and why."""
    return tuple(
        f"{STEPS[skipped.step].capitalize()}: {wording.one_line(skipped.reason, 300)}"
        for skipped in explanation.skipped
    )


STEPS: Mapping[ExplanationStep, str] = {
    "errors": "the model's errors",
    "segments": "segments with a higher error",
    "importance": "importance of columns",
    "learning curve": "learning curve (whether more rows help)",
    "partial dependence": "partial dependence (how predictions change with a column)",
    "leakage": "data leakage",
    "data checks": "copies of the target, groups, times and identifiers",
    "without leaky columns": "the score without possible leaks",
    "duplicates": "duplicate rows",
    "shift": "distribution shift between training and test rows",
}
