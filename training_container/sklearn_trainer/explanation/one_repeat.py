"""The rows that counts and rates are about: those of one repeat, each once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_trainer.explanation.intervals import Counted
from sklearn_trainer.explanation.predictions import Evidence, Ints
from tunedrop_common.model_errors import Basis


@dataclass(frozen=True)
class OneRepeat:
    """The entries of one repeat, as `Evidence` has them.

    Parameters
    ----------
    places
        Of the entries among all of the evidence's.
    """

    places: Ints
    counted: Counted
    basis: Basis
    actual: npt.NDArray[Any]
    folds: Ints


def one_repeat(evidence: Evidence) -> OneRepeat:
    """Return the entries of the first repeat.

    Raises
    ------
    ValueError
        When there is none.
    """
    scored = evidence.scored
    if not len(scored.rows):
        raise ValueError("no row was predicted")
    places = np.flatnonzero(evidence.repeat(int(scored.repeats.min())))
    counted = evidence.counted(places)
    basis = Basis(
        rows=len(places),
        of_rows=evidence.of_rows,
        repeats=len(np.unique(scored.repeats)),
        weighted=counted.weights is not None,
        groups=None if counted.groups is None else int(counted.groups.max()) + 1,
    )
    return OneRepeat(places, counted, basis, evidence.actual[places], scored.folds[places])
