"""Reads a table with a public library into a float64 matrix, or a frame if it has words."""

import json
import sys
import time

import numpy as np
import pandas as pd

library, path = sys.argv[1:]
is_csv, words = path.endswith(".csv"), "mixed" in path
if library == "polars":
    import polars as pl
elif library == "pyarrow":
    import pyarrow.csv
    import pyarrow.parquet


def split(frame):
    """Part the target from the features."""
    y = frame.pop("y").to_numpy()
    return (frame if words else frame.to_numpy(dtype=np.float64)), y


def with_pandas():
    """Read by pandas, by either engine."""
    if not is_csv:
        return split(pd.read_parquet(path))
    return split(pd.read_csv(path, engine="c" if library == "pandas" else "pyarrow"))


def with_pyarrow():
    """Read by pyarrow, column by column into one matrix."""
    table = pyarrow.csv.read_csv(path) if is_csv else pyarrow.parquet.read_table(path)
    if words:
        return split(table.to_pandas())
    X = np.empty((len(table), table.num_columns - 1), order="F")
    for index in range(table.num_columns - 1):
        X[:, index] = table.column(index).to_numpy()
    return X, table.column("y").to_numpy()


def with_polars():
    """Read by polars."""
    table = pl.read_csv(path) if is_csv else pl.read_parquet(path)
    if words:
        return split(table.to_pandas())
    return table.drop("y").to_numpy(order="fortran"), table["y"].to_numpy()


started = time.perf_counter()
X, y = {"polars": with_polars, "pyarrow": with_pyarrow}.get(library, with_pandas)()
seconds = time.perf_counter() - started

numbers = X.select_dtypes("number").to_numpy() if words else X
print(
    json.dumps(
        {
            "seconds": seconds,
            "bytes": numbers.nbytes + y.nbytes,
            "checksum": float(numbers[0].sum() + numbers[-1].sum() + np.sum(y)),
        }
    )
)
