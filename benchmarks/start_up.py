"""From process start to the end of a training job on a CSV of 1 MB, against a plain script.

Both score the same logistic regression on the same folds. The script is what people write with
pandas and scikit-learn, and has none of the job's checks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size
from benchmarks.training import score_of, write_job

GOAL = 1.0
ROWS: dict[Size, int] = {"full": 11_000, "quick": 400}  # of ten columns: 1 MB, 40 kB
COLUMNS = 10
OURS, PEER = "training job", "plain script"


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the data and the job's folder."""
    data = _write_csv(folder / "train.csv", ROWS[size])
    kinds = {**{f"x{i}": "numeric" for i in range(COLUMNS)}, "y": "numeric"}
    path = "sklearn.linear_model.LogisticRegression"
    job = write_job(folder / "job", data, kinds, path, {"C": "0.5"})
    python = environments.image_python()
    return [
        Side(
            OURS,
            (python, "-m", "sklearn_trainer", "train"),
            {"SAGEMAKER_BASE_DIR": str(job), "PYTHONPATH": environments.CONTAINER},
            collect=lambda: score_of(job),
        ),
        Side(PEER, (python, str(environments.PROGRAMS / "plain_script.py"), str(data))),
    ]


def ratios(results: Results) -> list[Ratio]:
    """Return our time and CPU time over the script's."""
    results.agree("score")
    return [results.ratio(OURS, PEER, GOAL, what) for what in ("wall_seconds", "cpu_seconds")]


def _write_csv(path: Path, rows: int) -> Path:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(rows, COLUMNS))
    y = X[:, :3].sum(axis=1) + draw.normal(size=rows) > 0
    header = ",".join([*(f"x{i}" for i in range(COLUMNS)), "y"])
    table = np.column_stack([X, y])
    np.savetxt(path, table, "%.6f," * COLUMNS + "%d", header=header, comments="")
    return path


BENCHMARK = Benchmark(
    name="start_up",
    question="From process start to the end of a training job on a CSV of 1 MB",
    sides=sides,
    ratios=ratios,
    rounds=9,
)
