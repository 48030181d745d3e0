from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.training import PYTHONPATH
from tests.support.training.jobs import Job, column, estimator, plan

PROGRAM = """
import gc, sys
from pathlib import Path
from sklearn_trainer.contract import Folders
from sklearn_trainer.process.imports import import_ahead
folders = Folders(Path(sys.argv[1]))
import_ahead(folders.read_request(), folders.read_plan())
print(gc.isenabled(), gc.get_freeze_count() > 100_000, *sys.modules)
"""


def imported(folder: Path, job: str, *class_paths: str) -> set[str]:
    """Return the modules that are there once a job's own were imported ahead."""
    columns = [column("x"), column("y", "categorical", "target")]
    estimators = [estimator(f"e{number}", path) for number, path in enumerate(class_paths)]
    base = Job(folder / "ml", plan(columns, estimators=estimators), job=job).write().base
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(base)],
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        text=True,
        check=True,
    )
    enabled, frozen, *modules = done.stdout.split()
    assert (enabled, frozen) == ("True", "True"), "the garbage collector is on, and has less to do"
    return set(modules)


def test_the_tuning_imports_its_own_estimator_and_no_other(tmp_path: Path) -> None:
    found = imported(
        tmp_path, "tune", "sklearn.naive_bayes.GaussianNB", "sklearn.gaussian_process.Nonsense"
    )
    assert {"sklearn.naive_bayes", "sklearn.model_selection"} <= found
    assert "sklearn.gaussian_process" not in found


def test_confirm_imports_all_estimators_and_nothing_that_is_none(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        "confirm",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.gaussian_process.GaussianProcessClassifier",
        "sklearn.no_such_module.Estimator",
        "wave.Wave_read",
    )
    assert {"sklearn.naive_bayes", "sklearn.gaussian_process"} <= found
    assert "wave" not in found
