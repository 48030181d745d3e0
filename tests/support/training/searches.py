"""Runs a small search by real training jobs, and gives Confirm what the workflow would of it."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.training.forks import ForkServer
from tests.support.training.jobs import Finished, Job, column

RUN = "20261123T225242Z-1a2b3c4d"
FEATURES = ("x", "z", "v", "w")
COLUMNS = [column(name) for name in FEATURES]


def table(rows: int = 150, *, classes: Sequence[str] = (), seed: int = 5) -> str:
    """Return a CSV of four numbers, `day`, `importance`, and a target that three say much of."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(rows, len(FEATURES)))
    y = np.sin(2 * X[:, :3]).sum(axis=1) + 0.3 * draw.normal(size=rows)
    lines = [",".join((*FEATURES, "day", "importance", "y"))]
    for number, (values, target) in enumerate(zip(X, y, strict=True)):
        place = int(np.searchsorted(np.linspace(-1, 1, len(classes) - 1), target)) if classes else 0
        shown = classes[place] if classes else f"{target:.4f}"
        cells = [f"{value:.4f}" for value in values]
        lines.append(",".join((*cells, f"2026-01-01T{number // 60:02}:{number % 60:02}:00",
                               str(1 + number % 4), shown)))  # fmt: skip
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Tried:
    """A training job of the search that is over."""

    name: str
    estimator: str
    finished: Finished
    objective: float

    def listed(self) -> dict[str, Any]:
        """Return what the workflow's list says about it."""
        return {
            "training_job": self.name,
            "estimator": self.estimator,
            "hyperparameters": self.finished.tune["hyperparameters"],
            "objective": self.objective,
        }

    def slow_down(self, times: float) -> None:
        """Let its folds have taken so many times as long."""
        path = self.finished.base / "output" / "data" / "tune.json"
        tune = json.loads(path.read_text())
        tune["fit_seconds"] = [seconds * times for seconds in tune["fit_seconds"]]
        tune["score_seconds"] = [seconds * times for seconds in tune["score_seconds"]]
        path.write_text(json.dumps(tune))

    def output(self) -> bytes:
        """Return the archive that SageMaker makes of its output."""
        folder = self.finished.base / "output" / "data"
        return packed({path.name: path.read_bytes() for path in folder.iterdir()})


def packed(members: Mapping[str, bytes]) -> bytes:
    """Return an output.tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return buffer.getvalue()


def search(
    base: Path,
    plan: dict[str, Any],
    files: dict[str, bytes | str],
    tries: Sequence[tuple[str, dict[str, str]]],
    fork_server: ForkServer,
) -> list[Tried]:
    """Run a training job for each estimator's key and hyperparameters; best first."""
    found = []
    for number, (key, hyperparameters) in enumerate(tries, start=1):
        given = {"tunedrop_estimator": key, **hyperparameters}
        job = Job(base / f"try-{number}", plan, given, files=files).write()
        finished = fork_server.run(job)
        assert finished.code == 0, finished.log
        scores = finished.tune["metrics"][plan["metric"]["objective"]]
        found.append(Tried(f"td-1-00{number}-0a1b2c3d", key, finished, float(np.mean(scores))))
    return sorted(found, key=lambda each: -each.objective)


def channels(tried: Sequence[Tried]) -> dict[str, bytes | str]:
    """Return the files of Confirm's channels `candidates` and `predictions`."""
    listed = {"version": 1, "candidates": [each.listed() for each in tried]}
    outputs = {
        f"predictions/{RUN}/{each.name}/output/output.tar.gz": each.output() for each in tried
    }
    return {"candidates/candidates.json": json.dumps(listed), **outputs}
