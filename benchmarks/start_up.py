"""From process start to the end of a training job on a CSV of 1 MB, against the official toolkit.

All sides score the same logistic regression on the same folds. What is compared is the overhead:
the time from start to exit, less the time that the fits and scores take inside.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size
from benchmarks.jobs import score_of, write_job

GOAL = 0.5
ROWS = {"full": 11_000, "quick": 400}  # of ten columns: 1 MB, 40 kB
COLUMNS = 10
ESTIMATOR = "sklearn.linear_model.LogisticRegression"
PLAIN_SCRIPT = environments.PROGRAMS / "plain_script.py"


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the data and a job folder for each side."""
    data = _write_csv(folder / "train.csv", ROWS[size])
    kinds = {**{f"x{i}": "numeric" for i in range(COLUMNS)}, "y": "numeric"}
    ours = write_job(
        folder / "ours", data, columns=kinds, class_path=ESTIMATOR, hyperparameters={"C": "0.5"}
    )
    found = [
        Side(
            "entry point",
            (environments.image_python(), "-m", "sklearn_trainer", "train"),
            {"SAGEMAKER_BASE_DIR": str(ours), "PYTHONPATH": environments.CONTAINER},
            collect=lambda: score_of(ours),
        ),
        Side(
            "plain script",
            (environments.image_python(), str(PLAIN_SCRIPT)),
            {"SM_CHANNEL_TRAIN": str(folder), "SM_HP_C": "0.5"},
        ),
    ]
    program = environments.toolkit()
    if program:
        base = _write_toolkit_job(folder / "toolkit", data)
        found.append(
            Side(
                "toolkit",
                (program,),
                {
                    "SAGEMAKER_BASE_DIR": str(base),
                    "PATH": f"{Path(program).parent}:/usr/bin:/bin",
                },
                prepare=lambda: _clear(base),
            )
        )
    return found


def ratios(results: Results) -> list[Ratio]:
    """Return our overhead over the toolkit's, in time and in CPU time."""
    results.agree("score")
    peer = "toolkit" if "toolkit" in results.runs else "plain script"
    goal = GOAL if peer == "toolkit" else None
    found = []
    for what, fits, label in (
        ("wall_seconds", "fit_seconds", "overhead"),
        ("cpu_seconds", "fit_cpu_seconds", "overhead in CPU time"),
    ):
        ours = _overhead(results, "entry point", what, fits)
        theirs = _overhead(results, peer, what, fits)
        values = tuple(a / b for a, b in zip(ours, theirs, strict=True))
        found.append(Ratio(f"{label}: entry point / {peer}", values, goal))
    return found


def _overhead(results: Results, side: str, what: str, fits: str) -> list[float]:
    """Take off what the bare fits of the plain script took in the same round."""
    bare = results.values("plain script", fits)
    return [a - b for a, b in zip(results.values(side, what), bare, strict=True)]


def _write_csv(path: Path, rows: int) -> Path:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(rows, COLUMNS))
    y = X[:, :3].sum(axis=1) + draw.normal(size=rows) > 0
    header = ",".join([*(f"x{i}" for i in range(COLUMNS)), "y"])
    table = np.column_stack([X, y])
    np.savetxt(path, table, "%.6f," * COLUMNS + "%d", header=header, comments="")
    return path


def _write_toolkit_job(base: Path, data: Path) -> Path:
    """Write what SageMaker gives a script-mode container."""
    shutil.rmtree(base, ignore_errors=True)
    code, config, train = base / "submitted", base / "input/config", base / "input/data/train"
    for folder in (code, config, train):
        folder.mkdir(parents=True)
    shutil.copy(PLAIN_SCRIPT, code)
    (train / data.name).hardlink_to(data)
    files = {
        "hyperparameters": {
            "c": "0.5",
            "sagemaker_program": PLAIN_SCRIPT.name,
            "sagemaker_submit_directory": str(code),
        },
        "inputdataconfig": {"train": {"TrainingInputMode": "File"}},
        # The toolkit waits until every host's name resolves.
        "resourceconfig": {
            "current_host": "localhost",
            "hosts": ["localhost"],
            "network_interface_name": "lo",
        },
    }
    for name, content in files.items():
        (config / f"{name}.json").write_text(json.dumps(content))
    return base


def _clear(base: Path) -> None:
    """Remove what a run of the toolkit leaves."""
    for name in ("code", "model", "output"):
        shutil.rmtree(base / name, ignore_errors=True)


BENCHMARK = Benchmark(
    name="start_up",
    question="From process start to the end of a training job on a CSV of 1 MB",
    sides=sides,
    ratios=ratios,
    rounds=9,
    minutes=1,
)
