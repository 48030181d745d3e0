"""The error for values of a column that cannot be what the column is used as."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sklearn_trainer.data.values import Mask
from sklearn_trainer.errors import DatasetError

SHOWN = 80


def wrong_values(
    what: str, column: pa.ChunkedArray, wrong: Mask, name: str, *, expected: str, to_do: str
) -> DatasetError:
    """Return the error that counts the wrong values, and shows the first with its row.

    Parameters
    ----------
    what
        What the column has; "in <count> rows" is added.
    wrong
        Marks the values, one or more.
    """
    row = int(np.flatnonzero(wrong)[0])
    return DatasetError(
        f"{what}, in {int(wrong.sum())} rows",
        where=f"column {name!r}, first in data row {row + 1}",
        found=repr(column[row].as_py())[:SHOWN],
        expected=expected,
        to_do=to_do,
    )
