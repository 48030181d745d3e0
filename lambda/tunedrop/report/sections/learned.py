"""What the model learned: which columns it uses, which could go, whether more rows would help."""

from __future__ import annotations

from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.results import Results
from tunedrop.report.sections.words import digits, left_out, names_listed, ninety_five, signed
from tunedrop_common.explanation import Importance, Learned, LearningCurve, Removable

# Columns are said one by one up to here; the chart has more.
MOST_SAID = 3


@dataclass(frozen=True)
class LearnedSection:
    """The section's sentences; what is empty is not shown."""

    sentences: tuple[str, ...]
    how: str
    rows: str
    left_out: tuple[str, ...]


def learned_section(results: Results) -> LearnedSection | None:
    """Return what the section says; None where Confirm said nothing of it."""
    explanation = results.confirm.explanation
    learned, curve = explanation.learned, explanation.learning_curve
    missing = left_out(explanation, "learned")
    if learned is None and curve is None and not missing:
        return None
    return LearnedSection(
        sentences=learned_sentences(learned, results.metric_words) if learned else (),
        how=_how(learned) if learned else "",
        rows=rows_sentence(curve, results.metric_words) if curve else "",
        left_out=missing,
    )


def learned_sentences(learned: Learned, metric: str) -> tuple[str, ...]:
    """Say which columns matter most, how many do, and which could go."""
    found = learned.importance
    sure = [each for each in found if each.surely]
    said = [_matters(each, metric, first=place == 0) for place, each in enumerate(sure[:MOST_SAID])]
    if found and not sure:
        said.append("No column surely matters: chance may explain what each seems to say.")
    elif len(sure) < len(found):
        columns = sum(len(each.columns) for each in found)
        surely = sum(len(each.columns) for each in sure)
        said.append(
            f"Of {wording.count(columns, 'column')}, {surely:,} surely "
            f"{'matters' if surely == 1 else 'matter'}; what the others seem to say, chance may "
            "explain."
        )
    if learned.removable and learned.removable.columns:
        said.append(removable_sentence(learned.removable, metric))
    return tuple(said)


def _matters(importance: Importance, metric: str, *, first: bool) -> str:
    names = names_listed(importance.columns)
    several = len(importance.columns) > 1
    same = " (they carry the same information)" if several else ""
    drop = importance.drop
    worse = f"worse by {digits(drop.value)}{ninety_five(drop.interval, digits)}"
    if not first:
        return f"Then on {names}{same}: {worse}."
    return (
        f"It relies most on {names}{same}: with {'their' if several else 'its'} values shuffled "
        f"among the rows, the {metric} is {worse}."
    )


def removable_sentence(removable: Removable, metric: str) -> str:
    """Say which columns could go, by how much less good the model may be without them."""
    names = names_listed(removable.columns, 8)
    change = removable.change
    between = ninety_five(change.interval, signed)
    without = "all of them" if len(removable.columns) > 1 else "it"
    return (
        f"{names} could go: without {without} a refitted model is no worse. The {metric} changes "
        f"by {signed(change.value)}{between}; up to {digits(removable.margin)} worse counts as no "
        "worse."
    )


def rows_sentence(curve: LearningCurve, metric: str) -> str:
    """Say whether more rows would help; nothing where there are not two points to compare."""
    known = [point for point in curve.points if point.score.value is not None]
    if len(known) < 2:
        return ""
    half, whole = known[-2], known[-1]
    numbers = (
        f"from {half.rows:,} rows to {whole.rows:,} the {metric} went from "
        f"{wording.score(half.score.value)} to {wording.score(whole.score.value)}"
    )
    if curve.more_rows_help:
        return f"More rows would help: {numbers}, which is more than chance explains."
    return f"More rows of the same kind would bring little: {numbers}."


def _how(learned: Learned) -> str:
    folds = wording.count(learned.folds, "fresh fold")
    times = wording.count(learned.permutations, "time")
    return (
        f"A column's values were shuffled {times} in each of {folds}, on rows that the model had "
        "not seen. Lines are 95 % intervals; what is grey, chance may explain."
    )
