"""What the sides of benchmarks work on: synthetic tables, and the folders of training jobs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks.harness import CACHE, Side
from tests.support.training.jobs import Job, column, estimator, plan

_WORDS = np.array([f"word {number}" for number in range(20)])


def write_table(path: Path, rows: int, numbers: int = 10, words: int = 0) -> Path:
    """Write columns of numbers with six digits and of words, and a target `y` of two classes."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(rows, numbers)).round(6)
    signal = X[:, 0] * X[:, 1] + X[:, 2:5].sum(axis=1)
    columns = {f"x{number}": X[:, number] for number in range(numbers)}
    columns |= {f"c{number}": draw.choice(_WORDS, rows) for number in range(words)}
    columns["y"] = (signal + draw.normal(size=rows) > 0).astype(int)
    write = pa.csv.write_csv if path.suffix == ".csv" else pa.parquet.write_table
    write(pa.table(columns), path)
    return path


def image_python() -> str:
    """Return the interpreter that has what the training image has."""
    program = CACHE / "image" / "bin" / "python"
    return str(program) if program.is_file() else sys.executable


def job_side(
    name: str, folder: Path, data: Path, command: tuple[str, ...], numbers: int = 10, words: int = 0
) -> Side:
    """Write a training job of logistic regression on a table; return a side that works on it.

    The folder is as SageMaker makes it, with the table linked into it; `command` is of Python.
    """
    kinds = {f"x{number}": "numeric" for number in range(numbers)}
    kinds |= {f"c{number}": "categorical" for number in range(words)}
    columns = [column(name, kind) for name, kind in kinds.items()] + [
        column("y", "numeric", "target")
    ]
    regression = estimator("linear", "sklearn.linear_model.LogisticRegression")
    content = plan(columns, estimators=[regression], file=data.name)
    content["cross_validation"]["folds"] = 5
    Job(folder, content, {"C": "0.5"}).write()
    channel = folder / "input/data/train"
    channel.mkdir()
    (channel / data.name).hardlink_to(data)
    return Side(name, (image_python(), *command), {"SAGEMAKER_BASE_DIR": str(folder)})
