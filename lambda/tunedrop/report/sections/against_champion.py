"""What a promotion gains and loses, class by class or by tenths of the target."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.sections.words import LONGEST_LABEL, digits, listed
from tunedrop_common.model_errors import AgainstChampion, Change


def surely(change: Change) -> int:
    """Return 1 where a change is surely a gain, -1 where surely a loss, 0 where chance explains."""
    low, high = change.gain.ends
    if low is None or high is None:
        return 0
    return int(low > 0) - int(high < 0)


def champion_sentences(against: AgainstChampion) -> tuple[str, ...]:
    """Say who gains and who loses by the new model."""
    by_class = against.measure == "recall"
    what = "class" if by_class else "tenth of the target"
    parts = {side: [c for c in against.changes if surely(c) == side] for side in (1, -1, 0)}
    said = []
    if parts[1]:
        said.append(f"Surely better than the champion: {_names(parts[1], by_class)}.")
    if parts[-1]:
        said.append(f"Surely worse than the champion: {_names(parts[-1], by_class)}.")
    if not parts[1] and not parts[-1]:
        said.append(f"On no {what} is it surely better or worse than the champion.")
    elif parts[0]:
        rest = "the other one" if len(parts[0]) == 1 else f"the {len(parts[0]):,} others"
        said.append(f"On {rest}, chance may explain the difference.")
    return tuple(said)


def _names(changes: list[Change], by_class: bool) -> str:
    return listed([_named(change, by_class) for change in changes])


def _named(change: Change, by_class: bool) -> str:
    value = change.gain.value
    if by_class:
        name = wording.quoted(change.label, LONGEST_LABEL)
        more = f"{abs(100 * (value or 0)):.0f}"
        few = "fewer than 1" if more == "0" else more
        return f"{name} ({few} {'more' if (value or 0) > 0 else 'fewer'} of 100 are found)"
    label = wording.one_line(change.label, LONGEST_LABEL)
    off = digits(abs(value or 0))
    return f"values of {label} ({off} {'less' if (value or 0) > 0 else 'more'} off on average)"
