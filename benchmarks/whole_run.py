"""100 training jobs through the whole local AWS, from drop to report, against joblib alone.

The peer repeats the same cross-validations (the same pipelines, folds and hyperparameters, on the
same rows) with joblib in one process, with as many workers as there are training jobs at a time.
Confirm, which the peer does not do, is counted apart.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size

OURS, PEER = "drop to report", "joblib"
GOAL = 1.15
COLUMNS = 10
# Rows, and training jobs.
SIZES: dict[Size, tuple[int, int]] = {"full": (12_500, 100), "quick": (120, 10)}
MOST_WORKERS = 10


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the dataset."""
    rows, jobs = SIZES[size]
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    dataset, job = folder / "dataset", folder / "job"
    dataset.mkdir()
    _write_table(dataset / "train.csv", rows)
    (dataset / "tuning.yaml").write_text(
        "target: y\n"
        "metric: balanced_accuracy\n"
        "estimators: [hist_gradient_boosting]\n"
        f"training_jobs: {jobs}\n"
        f"parallel_training_jobs: {workers}\n"
        "folds: 5\n"
        "early_stopping: off\n"
        "seed: 1\n"
    )
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    variables = {"PYTHONPATH": environments.EVERYTHING}
    ours, peer = (
        str(environments.PROGRAMS / name) for name in ("drop_to_report.py", "joblib_run.py")
    )
    workspace = folder / "local-aws"
    return [
        Side(OURS, (sys.executable, ours, str(workspace), str(dataset), str(job)), variables),
        Side(PEER, (sys.executable, peer, str(job), str(workers)), {**variables, **one_thread}),
    ]


def ratios(results: Results) -> list[Ratio]:
    """Compare everything but Confirm, which the peer does not do."""
    results.agree("score", tolerance=1e-6)  # SageMaker stores values as 32-bit floats
    pairs = zip(results.runs[OURS], results.runs[PEER], strict=True)
    values = tuple(
        (ours.seconds - ours.reported["confirm_seconds"]) / peer.seconds for ours, peer in pairs
    )
    return [Ratio(f"time but for Confirm: {OURS} / {PEER}", values, GOAL)]


def _write_table(path: Path, rows: int) -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(rows, COLUMNS))
    signal = X[:, 0] * X[:, 1] + X[:, 2:5].sum(axis=1)
    y = (signal + draw.normal(size=rows) > 0).astype(int)
    header = ",".join([*(f"x{number}" for number in range(COLUMNS)), "y"])
    formats = ["%.6f"] * COLUMNS + ["%d"]
    np.savetxt(path, np.column_stack([X, y]), formats, ",", header=header, comments="")


BENCHMARK = Benchmark(
    name="whole_run",
    question="100 training jobs through the whole local AWS, from drop to report",
    sides=sides,
    ratios=ratios,
    rounds=0,
    minutes=15,
)
