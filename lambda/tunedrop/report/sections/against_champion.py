"""What a promotion gains and loses, class by class or by tenths of the target."""

from __future__ import annotations

from tunedrop import wording
from tunedrop.report.sections.section_text import LONGEST_LABEL, digits, join_words
from tunedrop_common.model_errors import AgainstChampion, Change


def champion_sentences(against: AgainstChampion) -> tuple[str, ...]:
    """Say who gains and who loses by the new model."""
    by_class = against.measure == "recall"
    sides = {
        side: [each for each in against.changes if each.gain.side_of(0.0) == side]
        for side in (1, -1)
    }
    if not sides[1] and not sides[-1]:
        part = "class" if by_class else "tenth of the target"
        return (f"No {part} is significantly better or worse than with the champion.",)
    return tuple(
        f"Significantly {word} than the champion: "
        f"{join_words([_named(each, by_class) for each in sides[side]])}."
        for side, word in ((1, "better"), (-1, "worse"))
        if sides[side]
    )


def _named(change: Change, by_class: bool) -> str:
    value = change.gain.value or 0.0
    if by_class:
        name = wording.quoted(change.label, LONGEST_LABEL)
        before, after = (wording.percent(x) for x in (change.champion, change.shipped))
        return f"{name} (recall {after}, was {before})"
    label = wording.one_line(change.label, LONGEST_LABEL)
    return f"values of {label} (error {digits(abs(value))} {'lower' if value > 0 else 'higher'})"
