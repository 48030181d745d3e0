"""From process start to the end of a training job on a CSV of 1 MB, against a plain script.

Both score the same logistic regression on the same folds. The script is what people write with
pandas and scikit-learn, and has none of the job's checks.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from statistics import fmean

from benchmarks.harness import PROGRAMS, Ratio, Results, Side, Size
from benchmarks.inputs import image_python, job_side, write_table

ROUNDS = 9
GOAL = 1.0
ROWS: dict[Size, int] = {"full": 11_000, "quick": 400}  # of ten columns: 1 MB, 40 kB
OURS, PEER = "training job", "plain script"


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the data and the job's folder."""
    data, job = write_table(folder / "train.csv", ROWS[size]), folder / "job"
    ours = job_side(OURS, job, data, ("-m", "sklearn_trainer", "train"))

    def read_score() -> dict[str, float]:
        content = json.loads((job / "output/data/tune.json").read_text())
        return {"score": fmean(next(iter(content["metrics"].values())))}

    return [
        dataclasses.replace(ours, collect=read_score),
        Side(PEER, (image_python(), str(PROGRAMS / "plain_script.py"), str(data))),
    ]


def ratios(results: Results) -> list[Ratio]:
    """Return our time and CPU time over the script's."""
    results.check_agreement("score")
    return [results.ratio(OURS, PEER, GOAL, measure) for measure in ("wall_seconds", "cpu_seconds")]
