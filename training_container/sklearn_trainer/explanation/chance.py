"""Whether any of many overlapping subgroups has a greater loss than chance explains.

The greatest of their statistics is compared with the greatest that chance brings about: losses that
are dealt out to other rows, or, where rows belong to groups, whose groups change sign. So all
subgroups together are wrong about as rarely as one would be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse

from sklearn_trainer.data.values import Floats
from sklearn_trainer.explanation.intervals import RowWeighting

ERROR_RATE = 0.02
"""How often chance alone calls any subgroup of a table worse.

So far below 5 % that 200 tables of noise hardly ever have more than 10 with such a subgroup.
"""

DRAWS = 1000

MOST_ROWS, MOST_GROUPS = 20_000, 5_000
"""Chance is drawn for so many of them: its greatest statistic hardly depends on how many."""

_BATCH = 50

Members: TypeAlias = Any  # a scipy.sparse.csr_array of subgroups (lines) and rows; no type hints


def excesses(loss: Floats, counted: RowWeighting, members: Members) -> Floats:
    """Return how far each subgroup's loss is above the mean, in standard errors.

    The error is the greater one of two: the subgroup's own, with its distance from the mean of all
    rows in it, and the one it would have if its rows were like all others. So neither a single
    large loss nor a few equal ones make a small subgroup stand out.
    """
    terms = _terms(loss, counted, members)
    excess, share = terms.excess, terms.share
    if counted.groups is None:
        own = _split(share, members @ excess**2, _squares(excess))
    else:
        groups = _by_group(excess, counted.groups)
        of_groups = (_sums_of_groups(members, groups, share, rows) for rows in _batches(members))
        own = np.concatenate([(each**2).sum(axis=1) for each in of_groups])
    return _ratio(members @ excess, np.maximum(own, terms.alike))


def greatest_by_chance(loss: Floats, counted: RowWeighting, members: Members, seed: int) -> float:
    """Return the excess that the greatest one exceeds by chance with `ERROR_RATE`."""
    draw = np.random.default_rng(seed)
    greatest = (_dealt if counted.groups is None else _turned)(loss, counted, members, draw)
    place = math.ceil((DRAWS + 1) * (1 - ERROR_RATE)) - 1
    return float(np.sort(greatest)[place])


@dataclass(frozen=True)
class _Terms:
    """What the excesses are made of.

    Parameters
    ----------
    excess
        Of each row: its loss above the mean, by weight.
    share
        Of each subgroup: its share of all weights.
    alike
        The variance of each subgroup's sum if its rows were like all others.
    """

    excess: Floats
    share: Floats
    alike: Floats


def _terms(loss: Floats, counted: RowWeighting, members: Members) -> _Terms:
    weights = counted.by_weight
    excess = weights * (loss - np.average(loss, weights=weights))
    share = members @ weights / weights.sum()
    squares = members @ weights**2 / _squares(weights)
    return _Terms(excess, share, _squares(excess) * _split(share, squares, 1.0))


def _dealt(
    loss: Floats, counted: RowWeighting, members: Members, draw: np.random.Generator
) -> Floats:
    """Return the greatest excesses when losses, with their weights, are dealt to other rows."""
    if len(loss) > MOST_ROWS:
        some = np.sort(draw.choice(len(loss), MOST_ROWS, replace=False))
        loss, counted, members = loss[some], counted.at(some), members[:, some]
    excess = _terms(loss, counted, members).excess
    share = (members @ np.ones(len(loss)) / len(loss))[:, None]
    alike = _squares(excess) * share * (1 - share)
    found = []
    for _ in range(DRAWS // _BATCH):
        dealt = draw.permuted(np.tile(excess, (_BATCH, 1)), axis=1).T
        own = _split(share, members @ dealt**2, _squares(excess))
        found.append(_ratio(members @ dealt, np.maximum(own, alike)).max(axis=0))
    return np.concatenate(found)


def _turned(
    loss: Floats, counted: RowWeighting, members: Members, draw: np.random.Generator
) -> Floats:
    """Return the greatest excesses when those of all rows of a group change their sign together."""
    groups = np.unique(np.asarray(counted.groups), return_inverse=True)[1]
    if groups.max() >= MOST_GROUPS:
        some = draw.choice(groups.max() + 1, MOST_GROUPS, replace=False)
        kept = np.isin(groups, some)
        loss, members, counted = loss[kept], members[:, kept], counted.at(kept)
        groups = np.unique(groups[kept], return_inverse=True)[1]
    terms = _terms(loss, counted, members)
    by_group = _by_group(terms.excess, groups)
    signs = draw.choice([-1.0, 1.0], (by_group.shape[1], DRAWS))
    greatest = np.full(DRAWS, -np.inf)
    for rows in _batches(members):
        sums = _sums_of_groups(members, by_group, terms.share, rows)
        variance = np.maximum((sums**2).sum(axis=1), terms.alike[rows])[:, None]
        greatest = np.maximum(greatest, _ratio(sums @ signs, variance).max(axis=0))
    return greatest


def _by_group(excess: Floats, groups: npt.NDArray[Any]) -> Members:
    return scipy.sparse.csr_array((excess, (np.arange(len(excess)), groups)))


def _sums_of_groups(members: Members, groups: Members, share: Floats, rows: slice) -> Floats:
    """Return what each group adds to the excess of some of the subgroups."""
    inside = (members[rows] @ groups).toarray()
    return np.asarray(inside - share[rows, None] * groups.sum(axis=0), dtype=np.float64)


def _split(share: Floats, inside: Floats, total: float) -> Floats:
    """Return the variance of a subgroup's excess over the others, by the squares inside of it."""
    return (1 - share) ** 2 * inside + share**2 * (total - inside)


def _squares(values: Floats) -> float:
    return float(values @ values)


def _ratio(excess: Floats, variance: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(variance > 0, excess / np.sqrt(variance), 0.0), np.float64)


def _batches(members: Members) -> Iterator[slice]:
    for start in range(0, members.shape[0], _BATCH):
        yield slice(start, start + _BATCH)
