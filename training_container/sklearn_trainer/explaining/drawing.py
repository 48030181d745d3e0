"""Draws a part of some rows in which each class has its share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sklearn_trainer.data.target import Labels
from sklearn_trainer.data.values import Floats


def drawn_before(y: Labels, seed: int) -> Floats:
    """Return, for each row, which share of the rows of its class was drawn before it.

    Rows with less than a half are half of the rows, and every class is among them. A regression is
    of one class.
    """
    drawn = np.random.default_rng(seed).permutation(len(y))
    labels = pd.Series(np.zeros(len(y)) if y.dtype.kind == "f" else y)[drawn]
    classes = labels.groupby(labels.to_numpy())
    return np.asarray((classes.cumcount() / classes.transform("size")).sort_index(), dtype=float)
