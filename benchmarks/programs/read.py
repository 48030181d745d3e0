"""Reads a table by pandas into a float64 matrix, or a frame if it has words."""

import json
import sys
import time

import numpy as np
import pandas as pd

path = sys.argv[1]

started = time.perf_counter()
X = pd.read_csv(path) if path.endswith(".csv") else pd.read_parquet(path)
y = X.pop("y").to_numpy()
if "mixed" not in path:
    X = X.to_numpy(dtype=np.float64)
seconds = time.perf_counter() - started

numbers = X.select_dtypes("number").to_numpy() if isinstance(X, pd.DataFrame) else X
checksum = float(numbers[0].sum() + numbers[-1].sum() + np.sum(y))
print(json.dumps({"seconds": seconds, "checksum": checksum}))
