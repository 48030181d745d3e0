"""The rows that counts and rates are about: those of one repeat, each once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_trainer.explanation.contender_predictions import ContenderPredictions, Ints
from sklearn_trainer.explanation.intervals import RowWeighting
from tunedrop_common.model_errors import Basis


@dataclass(frozen=True)
class OneRepeat:
    """The entries of one repeat, as `ContenderPredictions` has them.

    Parameters
    ----------
    places
        Of the entries among all of the predictions's.
    """

    places: Ints
    counted: RowWeighting
    basis: Basis
    actual: npt.NDArray[Any]
    folds: Ints


def one_repeat(predictions: ContenderPredictions) -> OneRepeat:
    """Return the entries of the first repeat.

    Raises
    ------
    ValueError
        When there is none.
    """
    scored = predictions.scored
    if not len(scored.rows):
        raise ValueError("no row was predicted")
    places = np.flatnonzero(predictions.repeat(int(scored.repeats.min())))
    counted = predictions.counted(places)
    basis = Basis(
        rows=len(places),
        of_rows=predictions.of_rows,
        repeats=len(np.unique(scored.repeats)),
        weighted=counted.weights is not None,
        groups=None if counted.groups is None else int(counted.groups.max()) + 1,
    )
    return OneRepeat(places, counted, basis, predictions.actual[places], scored.folds[places])
