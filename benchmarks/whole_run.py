"""100 training jobs on the local AWS, from drop to report, against joblib alone.

The peer repeats the same cross-validations (the same pipelines, folds and hyperparameters, on the
same rows) with joblib in one process, with as many workers as there are training jobs at a time.
Confirm, which the peer does not do, is counted apart.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.harness import PROGRAMS, Ratio, Results, Side, Size
from benchmarks.inputs import write_table

ROUNDS = 0
OURS, PEER = "drop to report", "joblib"
GOAL = 1.15
# Rows, and training jobs.
SIZES: dict[Size, tuple[int, int]] = {"full": (12_500, 100), "quick": (120, 10)}
MOST_WORKERS = 10
SETTINGS = """\
target: y
metric: balanced_accuracy
estimators: [hist_gradient_boosting]
training_jobs: {jobs}
parallel_training_jobs: {workers}
folds: 5
early_stopping: off
seed: 1
"""


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the dataset."""
    rows, jobs = SIZES[size]
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    dataset, run = folder / "dataset", str(folder / "run")
    dataset.mkdir()
    write_table(dataset / "train.csv", rows)
    (dataset / "tuning.yaml").write_text(SETTINGS.format(jobs=jobs, workers=workers))
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    ours = str(PROGRAMS / "drop_to_report.py"), str(folder / "local-aws"), str(dataset), run
    peer = str(PROGRAMS / "joblib_run.py"), run, str(dataset), str(workers)
    return [
        Side(OURS, (sys.executable, *ours)),
        Side(PEER, (sys.executable, *peer), one_thread),
    ]


def ratios(results: Results) -> list[Ratio]:
    """Compare everything but Confirm, which the peer does not do."""
    results.check_agreement("score", tolerance=1e-6)  # SageMaker stores values as 32-bit floats
    seconds = results.values(OURS) - results.values(OURS, "confirm_seconds")
    values = seconds / results.values(PEER)
    return [Ratio(f"time but for Confirm: {OURS} / {PEER}", values, GOAL)]
