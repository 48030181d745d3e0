"""Words that several sections share: shares, names, lists, what was left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from tunedrop import wording
from tunedrop_common.data_text import escape
from tunedrop_common.estimates import Interval, IntervalEstimate, Label
from tunedrop_common.explanation import Explanation, Part

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
    found: list[str] = []
    for label in labels:
        text = shown = escape(label_text(label), 40)
        number = 1
        while shown in found:
            number += 1
            shown = f"{text} ({number})"
        found.append(shown)
    return tuple(found)


def quoted(label: Label) -> str:
    """Return a class inside a sentence."""
    return "no value" if label is None else wording.quoted(label_text(label), LONGEST_LABEL)


def of_hundred(share: float | None) -> str:
    """Return how many of 100.

    Example
    -------
    >>> of_hundred(0.97), of_hundred(1), of_hundred(0.9999), of_hundred(0), of_hundred(0.001)
    ('97', 'all', 'more than 99', 'none', 'less than 1')
    """
    if share is None:
        return "an unknown number"
    if share in (0, 1):
        return "all" if share else "none"
    if share > 0.995:
        return "more than 99"
    return "less than 1" if share < 0.005 else f"{100 * share:.0f}"


def percent_interval(interval: Interval) -> str:
    """Return both ends of an interval of shares.

    Example
    -------
    >>> percent_interval((0.934, 0.981)), percent_interval(None)
    ('93 to 98.1 %', '')
    """
    return wording.interval(interval, wording.percent).replace(" % to", " to")


def digits(value: float | None) -> str:
    """Return a number with three digits, as numbers inside a sentence have."""
    return wording.number(value, 3)


def signed(value: float | None) -> str:
    """Return a difference with three digits."""
    return wording.signed(value, 3)


def ninety_five(interval: Interval, write: Callable[[float], str] = wording.score) -> str:
    """Return an interval in brackets, behind its number; nothing where there is none."""
    between = wording.interval(interval, write)
    return f" (95 %: {between})" if between else ""


def scored(measured: IntervalEstimate) -> str:
    """Return a score with its interval."""
    return wording.score(measured.value) + ninety_five(measured.interval)


def listed(words: Sequence[str], most: int = 5) -> str:
    """Return words as a list inside a sentence.

    Example
    -------
    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], 1), listed(["a"])
    ('a, b and c', 'a and 2 more', 'a')
    """
    shown = [*words[:most]]
    if len(words) > most:
        shown.append(f"{len(words) - most:,} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def names_listed(names: Sequence[str], most: int = 5) -> str:
    """Return names out of people's data as a list inside a sentence."""
    return listed([wording.quoted(name, LONGEST_LABEL) for name in names], most)


def left_out(explanation: Explanation, section: Section) -> tuple[str, ...]:
    """Return which parts of a section are not there, and why."""
    words = PARTS[section]
    return tuple(
        f"Not here: {words[each.part]}. {wording.one_line(each.reason, 300)}"
        for each in explanation.left_out
        if each.part in words
    )


Section = Literal["errors", "learned", "trust", "ensemble"]
PARTS: Mapping[Section, Mapping[Part, str]] = {
    "errors": {
        "errors": "how the model errs",
        "slices": "the parts of the data on which it is worse",
    },
    "learned": {
        "importance": "which columns matter",
        "learning curve": "whether more rows would help",
        "removable columns": "which columns could go",
        "partial dependence": "how predictions change with a column",
    },
    "trust": {
        "suspects": "columns that give the answer away",
        "hints": "columns that say an order or groups",
        "without suspect": "the score without a suspicious column",
        "duplicates": "rows that are there more than once",
        "shift": "test rows that are unlike the training rows",
    },
    "ensemble": {"ensemble": "the best of the search, combined"},
}
