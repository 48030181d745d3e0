"""Where the model is surely worse than on the other rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sklearn_trainer.data.features import Schema
from sklearn_trainer.data.values import Floats
from sklearn_trainer.explaining.bins import FEWEST_ROWS
from sklearn_trainer.explaining.chance import excesses, greatest_by_chance
from sklearn_trainer.explaining.intervals import difference
from sklearn_trainer.explaining.one_repeat import called, that_count
from sklearn_trainer.explaining.predictions import Evidence
from sklearn_trainer.explaining.row_loss import RowLoss, row_loss
from sklearn_trainer.explaining.subgroups import Mask, Subgroup, matrix_of, subgroups
from tunedrop_common.explanation import MOST_CLASSES_SHOWN, Slice, Slices

MOST_SLICES = 10
"""That are shown because they are surely worse."""


def find(
    evidence: Evidence,
    X: pd.DataFrame,
    schema: Schema,
    *,
    asked: Sequence[str],
    names: bool,
    seed: int,
) -> Slices:
    """Return the subgroups with a surely greater loss, and those of the columns asked for.

    Parameters
    ----------
    X
        The features of all training rows.
    asked
        Columns whose subgroups are shown whatever they say.
    names
        Whether names of categories may be shown.
    """
    evidence = that_count(evidence)
    found = row_loss(evidence)
    predictions = _predictions(evidence, found)
    groups = subgroups(X, found.rows, schema, predictions, asked=asked, names=names)
    if not groups:
        return Slices(loss=found.name, examined=0, slices=())
    members = matrix_of([each.inside for each in groups])
    excess = excesses(found.loss, found.counted, members)
    limit = greatest_by_chance(found.loss, found.counted, members, seed)
    worse = [groups[place] for place in np.argsort(-excess, kind="stable") if excess[place] > limit]
    chosen = _chosen(worse, found, limit)
    shown = sorted((_slice(each, found, asked, True) for each in chosen), key=_least_worse)
    shown += [
        _slice(each, found, asked, place > limit)
        for each, place in zip(groups, excess, strict=True)
        if len(each.columns) == 1 and each.columns[0] in asked and each not in chosen
    ]
    return Slices(loss=found.name, examined=len(groups), slices=tuple(shown))


def _least_worse(found: Slice) -> float:
    return -(found.difference.value or 0.0)


def _predictions(evidence: Evidence, found: RowLoss) -> Floats:
    predicted = evidence.contenders[evidence.shipped]
    if predicted.kind == "labels":
        labels = called(predicted)[found.entries]
        return np.asarray(labels[:, None] == np.arange(MOST_CLASSES_SHOWN), dtype=np.float64)
    return predicted.values[found.entries].astype(np.float64)


def _chosen(worse: Sequence[Subgroup], found: RowLoss, limit: float) -> list[Subgroup]:
    """Leave out what those chosen before say already, the surest first.

    A subgroup is chosen where its rows that are in none of them are surely worse than the others
    that are in none, or where it is surely worse than the rest of one that holds it.
    """
    chosen: list[Subgroup] = []
    covered = np.zeros(len(found.rows), dtype=np.bool_)
    for each in worse:
        if len(chosen) == MOST_SLICES:
            break
        holding = [one.inside for one in chosen if not (each.inside & ~one.inside).any()]
        if _surely(each.inside, ~covered, found, limit) or (
            holding and all(_surely(each.inside, one, found, limit) for one in holding)
        ):
            chosen.append(each)
            covered |= each.inside
    return chosen


def _surely(inside: Mask, among: Mask, found: RowLoss, limit: float) -> bool:
    """Return whether rows are surely worse than the others among some rows."""
    part = inside[among]
    if min(part.sum(), (~part).sum()) < FEWEST_ROWS:
        return False
    return bool(excesses(found.loss[among], found.counted.at(among), matrix_of([part]))[0] > limit)


def _slice(subgroup: Subgroup, found: RowLoss, asked: Sequence[str], surely: bool) -> Slice:
    weights = found.counted.by_weight
    here, elsewhere = (
        float(np.average(found.loss[rows], weights=weights[rows]))
        for rows in (subgroup.inside, ~subgroup.inside)
    )
    return Slice(
        columns=subgroup.columns,
        label=subgroup.label,
        rows=subgroup.inside.sum(),
        loss=here,
        loss_elsewhere=elsewhere,
        difference=difference(found.loss, subgroup.inside, found.counted),
        surely_worse=surely,
        asked_for=any(name in asked for name in subgroup.columns),
    )
