"""Where a model is worse: parts of the rows, and the single rows that were predicted worst."""

from __future__ import annotations

import math

from tunedrop import wording
from tunedrop.report.sections.words import LONGEST_LABEL, digits, label_text, signed
from tunedrop.report.tables import TextTable
from tunedrop_common.estimates import Label
from tunedrop_common.model_errors import Slice, Slices, WorstRow

MOST_SENTENCES = 3
LONGEST_SLICE = 160
NOTABLY = 1.05
# Columns of the worst rows that the page has room for.
MOST_VALUES = 12

_LOSSES = {
    "log loss": "log loss: how surprised the model was, 0 is never",
    "squared error": "squared error: 0 is no error",
    "share of errors": "share of wrong answers",
}


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
    return f"{said}, its {loss} is {digits(here)}{factor}; elsewhere {digits(there)}."


def _root(loss: float | None) -> float | None:
    return None if loss is None or loss < 0 else math.sqrt(loss)


def slice_table(slices: Slices) -> TextTable:
    """Return the parts that are surely worse, and those that were asked for."""
    return TextTable(
        ("Part of the data", "Rows", "Loss", "Elsewhere", "Difference, 95 % interval", "Judged"),
        tuple(
            (
                wording.one_line(each.label, LONGEST_SLICE),
                f"{each.rows:,}",
                digits(each.loss),
                digits(each.loss_elsewhere),
                _difference(each),
                "surely worse" if each.surely_worse else "may be chance",
            )
            for each in slices.slices
        ),
        numeric=range(1, 5),
    )


def _difference(part: Slice) -> str:
    between = wording.interval(part.difference.interval, signed)
    return signed(part.difference.value) + (f" ({between})" if between else "")


def loss_words(slices: Slices) -> str:
    """Return what the losses of a table of slices are."""
    return _LOSSES[slices.loss]


def worst_rows(rows: tuple[WorstRow, ...]) -> TextTable | None:
    """Return the rows that were predicted worst; None where there are none.

    Its columns are those whose values may be shown.
    """
    if not rows:
        return None
    names = list(dict.fromkeys(name for row in rows for name in row.values))[:MOST_VALUES]
    shown = bool(names)
    return TextTable(
        (
            "Row", "Loss", *(("Actual", "Predicted") if shown else ()),
            *(wording.one_line(name, LONGEST_LABEL) for name in names),
        ),
        tuple(
            (
                f"{row.number:,}",
                digits(row.loss),
                *((_value(row.actual), _value(row.predicted)) if shown else ()),
                *(_value(row.values.get(name)) for name in names),
            )
            for row in rows
        ),
        numeric=(0, 1),
    )  # fmt: skip


def _value(value: Label) -> str:
    return wording.number(value) if isinstance(value, float) else label_text(value)
