"""Reads a job's channels as every training job does, and reports the time and the size."""

import json
import time

import numpy as np

from sklearn_trainer.contract import Folders
from sklearn_trainer.data import csv_files, parquet_files  # noqa: F401 - imports are not measured
from sklearn_trainer.data.dataset import load
from sklearn_trainer.notes import Notes

folders = Folders.from_environment()
plan = folders.read_plan()

started = time.perf_counter()
dataset = load(plan, folders, Notes())
seconds = time.perf_counter() - started

# One row at a time: a copy of all numbers would count as memory of the reading.
numbers = dataset.X.select_dtypes("number")
first, last = (numbers.iloc[[row]].to_numpy().sum() for row in (0, -1))
print(
    json.dumps(
        {
            "seconds": seconds,
            "bytes": int(dataset.X.memory_usage(deep=True, index=False).sum()) + dataset.y.nbytes,
            "checksum": float(first + last + np.sum(dataset.y)),
        }
    )
)
