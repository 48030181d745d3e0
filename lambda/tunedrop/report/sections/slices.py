"""Where a model is worse: parts of the rows, and the single rows that were predicted worst."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tunedrop import wording
from tunedrop.report.sections.words import LONGEST_LABEL, label_text
from tunedrop_common.explanation import Label, Slice, Slices, WorstRow

MOST_SENTENCES = 3
MOST_SLICES = 40
LONGEST_SLICE = 160
NOTABLY = 1.05
# Columns of the worst rows that the page has room for.
MOST_VALUES = 12

_LOSSES = {
    "log loss": "log loss: how surprised the model was, 0 is never",
    "squared error": "squared error: 0 is no error",
    "share of errors": "share of wrong answers",
}


@dataclass(frozen=True)
class SliceRow:
    """A part of the rows in the table."""

    label: str
    rows: str
    loss: str
    elsewhere: str
    difference: str
    judged: str


@dataclass(frozen=True)
class WorstRows:
    """The rows that were predicted worst; their columns are those whose values may be shown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def slice_sentences(slices: Slices) -> tuple[str, ...]:
    """Say where the model is surely worse, or that nothing of the kind was found."""
    worse = [each for each in slices.slices if each.surely_worse]
    looked = f"{slices.examined:,} parts of the data were looked at, by one column or two"
    if not worse:
        return (
            f"There is no part of the data where it is surely worse than elsewhere: {looked}.",
        ) if slices.examined else ()  # fmt: skip
    amount = wording.count(len(worse), "part")
    first = (
        f"It is surely worse on {amount} of the data than elsewhere ({looked}; chance is counted "
        "over all of them)."
    )
    return (first, *(_worse(each, slices.loss) for each in worse[:MOST_SENTENCES]))


def worst_slice_sentence(slices: Slices) -> list[str]:
    """Return the sentence of the part on which it is most surely worse, if there is one."""
    return [_worse(each, slices.loss) for each in slices.slices if each.surely_worse][:1]


def _worse(part: Slice, loss: str) -> str:
    where = wording.one_line(part.label, LONGEST_SLICE)
    said = f"For {where} ({wording.count(part.rows, 'row')})"
    if loss == "share of errors":
        wrong, elsewhere = wording.percent(part.loss), wording.percent(part.loss_elsewhere)
        return f"{said}, {wrong} of its answers are wrong; elsewhere {elsewhere} are."
    here, there = part.loss, part.loss_elsewhere
    if loss == "squared error":
        loss, here, there = "typical error (root mean square)", _root(here), _root(there)
    times = here / there if here and there else 0.0
    factor = f", {wording.number(times, 2)} times as much" if times >= NOTABLY else ""
    return (
        f"{said}, its {loss} is {wording.number(here, 3)}{factor}; "
        f"elsewhere {wording.number(there, 3)}."
    )


def _root(loss: float | None) -> float | None:
    return None if loss is None or loss < 0 else math.sqrt(loss)


def slice_rows(slices: Slices) -> tuple[SliceRow, ...]:
    """Return the parts that are surely worse, and those that were asked for."""
    return tuple(
        SliceRow(
            label=wording.one_line(each.label, LONGEST_SLICE),
            rows=f"{each.rows:,}",
            loss=wording.number(each.loss, 3),
            elsewhere=wording.number(each.loss_elsewhere, 3),
            difference=_difference(each),
            judged="surely worse" if each.surely_worse else "may be chance",
        )
        for each in slices.slices[:MOST_SLICES]
    )


def _difference(part: Slice) -> str:
    low, high = part.difference.interval or (None, None)
    between = "" if low is None else f" ({wording.signed(low, 3)} to {wording.signed(high, 3)})"
    return wording.signed(part.difference.value, 3) + between


def loss_words(slices: Slices) -> str:
    """Return what the losses of a table of slices are."""
    return _LOSSES[slices.loss]


def worst_rows(rows: tuple[WorstRow, ...]) -> WorstRows | None:
    """Return the rows that were predicted worst as a table; None where there are none."""
    if not rows:
        return None
    names = list(dict.fromkeys(name for row in rows for name in row.values))[:MOST_VALUES]
    answers = any(row.actual is not None or row.predicted is not None for row in rows)
    titles = ["Actual", "Predicted"] if answers else []
    return WorstRows(
        ("Row", "Loss", *titles, *(wording.one_line(name, LONGEST_LABEL) for name in names)),
        tuple(
            (
                f"{row.number:,}",
                wording.number(row.loss, 3),
                *([_value(row.actual), _value(row.predicted)] if answers else []),
                *(_value(row.values.get(name)) for name in names),
            )
            for row in rows
        ),
    )


def _value(value: Label) -> str:
    if isinstance(value, float):
        return wording.number(value)
    return label_text(value)
