"""Five folds of histogram gradient boosting on 200,000 rows, against scikit-learn's cross_validate.

All sides use the same estimator, folds and metric. What is compared is the time of the folds alone:
a training job's start and its reading are measured elsewhere.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size
from benchmarks.training import write_job

GOAL = 1.05
ROWS = {"full": 200_000, "quick": 1_000}
COLUMNS = 10
OURS, PEER = "training job", "cross_validate"


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the table and the job."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(ROWS[size], COLUMNS))
    y = (X[:, 0] * X[:, 1] + X[:, 2:5].sum(axis=1) + draw.normal(size=len(X)) > 0).astype(np.int64)
    data = folder / "train.parquet"
    columns = {f"x{i}": X[:, i] for i in range(COLUMNS)}
    pa.parquet.write_table(pa.table({**columns, "y": y}), data)
    kinds = {**dict.fromkeys(columns, "numeric"), "y": "numeric"}
    path = "sklearn.ensemble.HistGradientBoostingClassifier"
    job = write_job(folder / "job", data, kinds, path, {})

    def side(name: str, how: str) -> Side:
        program = str(environments.PROGRAMS / "score_folds.py")
        return Side(
            name,
            (environments.image_python(), program, how),
            {"SAGEMAKER_BASE_DIR": str(job), "PYTHONPATH": environments.CONTAINER},
        )

    return [side(OURS, "ours"), side(PEER, "1")]


def ratios(results: Results) -> list[Ratio]:
    """Return our time and CPU time over the peer's."""
    results.agree("score", tolerance=1e-6)  # threads add up histograms in another order
    return [results.ratio(OURS, PEER, GOAL), results.ratio(OURS, PEER, what="cpu_seconds")]


BENCHMARK = Benchmark(
    name="cross_validation",
    question="Five folds of histogram gradient boosting on 200,000 rows of ten columns",
    sides=sides,
    ratios=ratios,
    rounds=5,
    minutes=3,
)
