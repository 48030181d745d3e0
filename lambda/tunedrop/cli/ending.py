"""How a run ended: the verdict of its results.json or the message of its failure.json."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tunedrop import wording
from tunedrop.cli.progress import SUCCEEDED
from tunedrop.cli.run_folder import RunFiles
from tunedrop.index.records import reported
from tunedrop.metric_words import called

# StopJobs writes the failure.json of an aborted execution after the execution's end.
_FAILURE_SECONDS = 60.0
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Ending:
    """A run that is over, as one JSON object."""

    run_id: str | None
    status: str
    report: str | None = None
    best_training_job: str | None = None
    objective: float | None = None
    hyperparameters: dict[str, Any] | None = None
    confirm: dict[str, Any] | None = None

    @property
    def succeeded(self) -> bool:
        """Whether there is a report."""
        return self.status == "Succeeded"

    def as_json(self) -> dict[str, Any]:
        """Return the object with exactly the documented keys."""
        return asdict(self)


def of_run(folder: RunFiles, execution_status: str) -> tuple[Ending, list[str]]:
    """Return how a run ended, and what to tell people."""
    if execution_status == SUCCEEDED and (results := folder.read("results.json")):
        return _success(folder, results), verdict(results)
    failure = failure_of(folder)
    what = (
        failure["message"]
        if failure
        else (f"The execution ended {execution_status} and left no failure.json.")
    )
    return Ending(folder.run_id, "Failed"), [f"The run failed: {what}"]


def verdict(results: dict[str, Any]) -> list[str]:
    """Say what came out: the verdict, the best hyperparameters, warnings."""
    entry, metric = reported(results), called(results["metric"])
    said = [f"Verdict: {entry.verdict}. {results['sentence']}"]
    if entry.score is not None:
        low, high = metric.interval(entry.low, entry.high)
        score = f"{metric.words} {wording.score(metric.shown(entry.score))}"
        between = f", 95 % interval {wording.interval(low, high)}" if low is not None else ""
        said.append(f"The model on fresh folds: {score} ({metric.direction}{between})")
    if results["objective"] is not None:
        best = metric.shown(results["objective"])
        said.append(f"Best {metric.words} in the search, which flatters: {best:.6g}")
        said.append(f"Best hyperparameters ({results['estimator']}):")
        said += [f"  {key} = {value}" for key, value in sorted(results["hyperparameters"].items())]
    return said + [f"Warning: {warning}" for warning in results["warnings"]]


def _success(folder: RunFiles, results: dict[str, Any]) -> Ending:
    return Ending(
        run_id=folder.run_id,
        status="Succeeded",
        report=folder.uri("report.html"),
        best_training_job=results["best_training_job"],
        objective=results["objective"],
        hyperparameters=results["hyperparameters"],
        confirm=results["confirm"],
    )


def at(end: Ending, report: Path) -> Ending:
    """Return an ending whose report is a file on this machine."""
    return replace(end, report=str(report))


def failure_of(folder: RunFiles) -> dict[str, Any] | None:
    """Wait for failure.json; None when it is not written in time."""
    deadline = time.monotonic() + _FAILURE_SECONDS
    while True:
        failure: dict[str, Any] | None = folder.read("failure.json")
        if failure or time.monotonic() > deadline:
            return failure
        time.sleep(_POLL_SECONDS)
