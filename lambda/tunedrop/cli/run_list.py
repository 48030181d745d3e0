"""What became of each run, from the few files that say so."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tunedrop.aws_errors import translated
from tunedrop.cli.progress import RUNNING
from tunedrop.cli.run_folder import RunFolder
from tunedrop.cli.stack import Stack

_PARALLEL = 16


@dataclass(frozen=True)
class RunState:
    """One run: how far it got, and what came out."""

    run: str
    state: str
    started: datetime
    seconds: float | None = None
    verdict: str = ""
    metric: str = ""
    score: float | None = None
    failure: str = ""


def run_states(stack: Stack, folders: Iterable[RunFolder], now: datetime) -> list[RunState]:
    """Look at some runs, several at a time."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return list(pool.map(lambda folder: run_state(stack, folder, now), folders))


def run_state(stack: Stack, folder: RunFolder, now: datetime) -> RunState:
    """Look at one run."""
    started = datetime.strptime(folder.run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    files = folder.files()
    if "report.html" in files and (results := folder.read("results.json")):
        return _succeeded(folder, results, started)
    if "failure.json" in files and (failure := folder.read("failure.json")):
        took = (datetime.fromisoformat(failure["time"]) - started).total_seconds()
        return RunState(str(folder), "failed", started, took, failure=failure["what"])
    with translated():
        execution = stack.executions.describe_execution(executionArn=folder.execution())
    if execution["status"] != RUNNING:
        state = execution["status"].lower().replace("_", " ")
        took = (execution["stopDate"] - started).total_seconds()
        return RunState(str(folder), state, started, took)
    state = _phase(folder, files)
    return RunState(str(folder), state, started, (now - started).total_seconds())


def _succeeded(folder: RunFolder, results: dict[str, Any], started: datetime) -> RunState:
    ended = results["confirm_job"]["ended"]
    shipped = results["confirm"]["shipped"]
    means = {each["name"]: each["mean"] for each in results["confirm"]["contenders"]}
    return RunState(
        run=str(folder),
        state="succeeded",
        started=started,
        seconds=(datetime.fromisoformat(ended) - started).total_seconds() if ended else None,
        verdict=results["verdict"],
        metric=results["metric"],
        score=means.get(shipped),
    )


def _phase(folder: RunFolder, files: set[str]) -> str:
    if "plan.json" not in files:
        return "planning"
    plan = folder.plan()
    confirm = plan is not None and f"jobs/{plan.confirm.name}.request.json" in files
    return "confirming" if confirm else "tuning"
