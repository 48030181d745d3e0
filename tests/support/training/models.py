"""Makes the model folder of a run, by the real Confirm job, for tests of what comes after it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import skops.io

from sklearn_trainer.contract import Folders
from sklearn_trainer.data.dataset import Dataset, load
from sklearn_trainer.job_warnings import JobWarnings
from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Job
from tunedrop_common.trusted_types import trusted_types

FAST = {"folds": 2, "repeats": 1}


@dataclass(frozen=True)
class Trained:
    """A finished Confirm job: its folder, and what its pipeline says to its own training rows."""

    job: Job

    @property
    def folders(self) -> Folders:
        return self.job.folders

    @cached_property
    def pipeline(self) -> Any:
        return skops.io.load(self.folders.model / "model.skops", trusted=trusted_types())

    @cached_property
    def dataset(self) -> Dataset:
        return load(self.job.read_plan(), self.folders, JobWarnings())

    @cached_property
    def predictions(self) -> list[Any]:
        predicted: list[Any] = self.pipeline.predict(self.dataset.train.X).tolist()
        return predicted

    @cached_property
    def probabilities(self) -> list[list[float]]:
        predicted: list[list[float]] = self.pipeline.predict_proba(self.dataset.train.X).tolist()
        return predicted


def train(
    base: Path,
    plan: dict[str, Any],
    files: dict[str, bytes | str],
    fork_server: ForkServer,
    hyperparameters: dict[str, str] | None = None,
) -> Trained:
    """Run Confirm; the plan should have few folds."""
    job = Job(base, plan, hyperparameters or {}, job="confirm", files=files).write()
    finished = fork_server.run(job)
    assert finished.code == 0, finished.log
    return Trained(job)
