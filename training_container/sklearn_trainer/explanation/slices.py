"""Where the model is surely worse than on the other rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from sklearn_trainer.data.values import Floats, Mask
from sklearn_trainer.explanation.bins import FEWEST_ROWS
from sklearn_trainer.explanation.chance import excesses, greatest_by_chance
from sklearn_trainer.explanation.contender_predictions import ContenderPredictions
from sklearn_trainer.explanation.intervals import difference, means
from sklearn_trainer.explanation.row_loss import RowLoss, row_loss
from sklearn_trainer.explanation.subgroups import Subgroup, matrix_of, subgroups
from sklearn_trainer.schema import Schema
from tunedrop_common.model_errors import MOST_CLASSES_SHOWN, Slice, Slices

MOST_SLICES = 10
"""That are shown because they are surely worse."""

SAME = 0.5
"""Of the rows of two subgroups, those in both: with more, one of the two is enough."""

MORE = 1.25
"""Times the difference of each of its columns alone: a pair with less says nothing new."""


def find(
    predictions: ContenderPredictions,
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
    predictions = predictions.that_count()
    found = row_loss(predictions)
    shares = _predictions(predictions, found)
    groups = subgroups(X, found.rows, schema, shares, asked=asked, names=names)
    if not groups:
        return Slices(loss=found.name, examined=0, slices=())
    members = matrix_of([each.inside for each in groups])
    excess = excesses(found.loss, found.counted, members)
    limit = math.inf
    if _informed(predictions, found):
        limit = greatest_by_chance(found.loss, found.counted, members, seed)
    worse = [groups[place] for place in np.argsort(-excess, kind="stable") if excess[place] > limit]
    chosen = _chosen(worse, found, limit)
    shown = [_slice(each, found, asked, True) for each in chosen]
    shown += [
        _slice(each, found, asked, place > limit)
        for each, place in zip(groups, excess, strict=True)
        if len(each.columns) == 1 and each.columns[0] in asked and each not in chosen
    ]
    shown.sort(key=lambda each: (not each.surely_worse, -(each.difference.value or 0.0)))
    return Slices(loss=found.name, examined=len(groups), slices=tuple(shown))


def _informed(predictions: ContenderPredictions, found: RowLoss) -> bool:
    """Return whether the predictions surely have something to do with the truth.

    A model that learned noise is worse wherever it believes in it most, which says nothing about
    these rows.
    """
    predicted = predictions.predicted
    actual = predictions.actual[found.entries]
    weights = found.counted.by_weight
    if predicted.values.shape[1] == 1:  # agreement: a covariance
        values = predicted.values[found.entries, 0].astype(np.float64)
        agreement = (actual - np.average(actual, weights=weights)) * (
            values - np.average(values, weights=weights)
        )
        return _above_0(agreement, found)
    shares = np.bincount(actual, weights, len(predictions.classes or ())) / weights.sum()
    if predicted.kind == "labels":
        labels = predicted.called[found.entries]
        return _above_0((labels == actual) - shares[labels], found)
    values = predicted.values[found.entries].astype(np.float64)
    values -= np.average(values, axis=0, weights=weights)
    return _above_0(values[np.arange(len(values)), actual] - values @ shares, found)


def _above_0(agreement: Floats, found: RowLoss) -> bool:
    low = (means(agreement, found.counted)[0].interval or (None, None))[0]
    return low is not None and low > 0


def _predictions(predictions: ContenderPredictions, found: RowLoss) -> Floats:
    predicted = predictions.predicted
    if predicted.kind == "labels":
        labels = predicted.called[found.entries]
        return np.asarray(labels[:, None] == np.arange(MOST_CLASSES_SHOWN), dtype=np.float64)
    return predicted.values[found.entries].astype(np.float64)


def _chosen(worse: Sequence[Subgroup], found: RowLoss, limit: float) -> list[Subgroup]:
    """Leave out what says little more than the others, the surest first.

    A subgroup is chosen where its rows that are in none chosen before are surely worse than the
    others that are in none, or where it is surely worse than the rest of one that holds it.
    """
    chosen: list[Subgroup] = []
    covered = np.zeros(len(found.rows), dtype=np.bool_)
    for each in worse:
        if len(chosen) == MOST_SLICES:
            break
        if any(_same(each.inside, one.inside) for one in chosen) or not _says_more(each, found):
            continue
        holding = [one.inside for one in chosen if not (each.inside & ~one.inside).any()]
        if _surely(each.inside, ~covered, found, limit) or (
            holding and all(_surely(each.inside, one, found, limit) for one in holding)
        ):
            chosen.append(each)
            covered |= each.inside
    return chosen


def _same(one: Mask, other: Mask) -> bool:
    return bool((one & other).sum() > SAME * (one | other).sum())


def _says_more(pair: Subgroup, found: RowLoss) -> bool:
    """Return whether a pair is worse by clearly more than each of its columns alone."""
    alone = [_difference(whole.inside, found) for whole in pair.wholes]
    return not alone or _difference(pair.inside, found) >= MORE * max(alone)


def _difference(inside: Mask, found: RowLoss) -> float:
    here, elsewhere = _means(inside, found)
    return here - elsewhere


def _means(inside: Mask, found: RowLoss) -> tuple[float, float]:
    """Return the mean loss of some rows, and of all others."""
    weights = found.counted.by_weight
    here, elsewhere = (
        float(np.average(found.loss[rows], weights=weights[rows])) for rows in (inside, ~inside)
    )
    return here, elsewhere


def _surely(inside: Mask, among: Mask, found: RowLoss, limit: float) -> bool:
    """Return whether rows are surely worse than the others among some rows."""
    part = inside[among]
    if min(part.sum(), (~part).sum()) < FEWEST_ROWS:
        return False
    return bool(excesses(found.loss[among], found.counted.at(among), matrix_of([part]))[0] > limit)


def _slice(subgroup: Subgroup, found: RowLoss, asked: Sequence[str], surely: bool) -> Slice:
    here, elsewhere = _means(subgroup.inside, found)
    return Slice(
        columns=subgroup.columns,
        label=subgroup.label,
        rows=subgroup.inside.sum(),
        loss=here,
        loss_elsewhere=elsewhere,
        difference=difference(found.loss, subgroup.inside, found.counted),
        surely_worse=surely,
        asked_for=len(subgroup.columns) == 1 and subgroup.columns[0] in asked,
    )
