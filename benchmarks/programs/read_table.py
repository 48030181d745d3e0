"""Reads a table, and reports the time and the size of what was read.

`read_table.py FILE` reads it by pandas into a float64 matrix, or a frame if it has words;
`read_table.py` reads a job's channels as every training job does.
"""

import json
import sys
import time

import numpy as np
import pandas as pd

if len(sys.argv) > 1:
    path = sys.argv[1]
    started = time.perf_counter()
    X = pd.read_csv(path) if path.endswith(".csv") else pd.read_parquet(path)
    y = X.pop("y").to_numpy()
    if "mixed" not in path:
        X = pd.DataFrame(X.to_numpy(dtype=np.float64), copy=False)
else:
    from sklearn_trainer.contract import Folders
    from sklearn_trainer.data import csv_files, parquet_files  # noqa: F401 - imports do not count
    from sklearn_trainer.data.dataset import load
    from sklearn_trainer.job_warnings import JobWarnings

    folders = Folders.from_environment()
    plan = folders.read_plan()
    started = time.perf_counter()
    dataset = load(plan, folders, JobWarnings())
    X, y = dataset.train.X, dataset.train.y
seconds = time.perf_counter() - started

# One row at a time: a copy of all numbers would count as memory of the reading.
numbers = X.select_dtypes("number")
first, last = (numbers.iloc[[row]].to_numpy().sum() for row in (0, -1))
size = int(X.memory_usage(deep=True, index=False).sum()) + y.nbytes
checksum = float(first + last + np.sum(y))
print(json.dumps({"seconds": seconds, "bytes": size, "checksum": checksum}))
