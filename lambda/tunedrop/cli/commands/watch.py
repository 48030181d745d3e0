"""`watch`: how far a run is, until it is over, and how it ended."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tunedrop import wording
from tunedrop.cli.arguments import Commands, add_fetch, add_run, add_stack, find_stack
from tunedrop.cli.errors import UsageError
from tunedrop.cli.execution import SUCCEEDED
from tunedrop.cli.progress import Display, Progress, read_progress, wait_for
from tunedrop.cli.run_folder import RunFiles, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import complain, make_console
from tunedrop.index.records import reported
from tunedrop_common.metric_words import called


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `watch` to the command line."""
    parser = commands.add_parser(
        "watch",
        help="show how far a run is, until it is over",
        description="Shows a run's training jobs and the best score so far, and ends with the"
        " verdict. The exit status is 0 when the run has a report and 1 when it failed. Ctrl-C"
        " stops the watching only.",
    )
    add_run(parser, needed=False)
    add_fetch(parser)
    parser.add_argument("--json", action="store_true", help="write how it ended as one JSON object")
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    folder = find_run(stack.bucket, arguments.run)
    with Display(make_console(stderr=arguments.json)) as display:
        return watch_to_the_end(stack, folder, display, arguments)


def watch_to_the_end(
    stack: Stack, folder: RunFiles, display: Display, arguments: argparse.Namespace
) -> int:
    """Show a run until it is over, fetch its files if wanted, say how it ended."""
    display.say(f"Run {folder}")
    try:
        progress = _watch(stack, folder, display)
        end, lines = of_run(folder, progress.execution_status)
    except KeyboardInterrupt:
        display.say(f"The run goes on. To watch it again: tunedrop watch '{folder}'")
        raise
    target = _fetch(folder, arguments.fetch, display)
    if target is not None and end.succeeded:
        end = replace(end, report=str(target / "report.html"))
    if arguments.json:
        print(json.dumps(asdict(end)))
    if not end.succeeded:
        display.stop()
        place = target / "failure.json" if target else folder.uri("failure.json")
        complain("\n".join([*lines, f"All details: {place}"]))
        return 1
    lines.append(f"Report: {end.report}")
    if target is not None and (target / "model.tar.gz").is_file():
        lines.append(f"Model: {target / 'model.tar.gz'}")
    if target is None:
        lines.append(f"To read it: tunedrop report '{folder}' --open")
    for line in lines:
        display.say(line)
    return 0


def _watch(stack: Stack, folder: RunFiles, display: Display) -> Progress:
    """Show a run until it is over; return the last look."""

    def look() -> Progress | None:
        progress = read_progress(stack, folder)
        display.show(progress)
        return progress if progress.ended else None

    return wait_for(look)


def refuse_file(fetch: Path | None) -> None:
    """Refuse a place for the run's files that is a file, before anything is done."""
    if fetch and fetch.exists() and not fetch.is_dir():
        raise UsageError(f"--fetch {fetch} is a file; name a folder.")


def _fetch(folder: RunFiles, target: Path | None, display: Display) -> Path | None:
    if target is None:
        return None
    target = target if target.parts else default_folder(folder)
    display.wait(f"Copying the run to {target}")
    folder.copy_to(target)
    return target


def default_folder(folder: RunFiles) -> Path:
    """Return where a run's files go unless somebody says otherwise."""
    return Path("tunedrop-runs", folder.dataset, folder.run_id)


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


def of_run(folder: RunFiles, execution_status: str) -> tuple[Ending, list[str]]:
    """Return how a run ended, and what to tell people."""
    if execution_status == SUCCEEDED and (results := folder.read("results.json")):
        end = Ending(
            run_id=folder.run_id,
            status="Succeeded",
            report=folder.uri("report.html"),
            best_training_job=results["best_training_job"],
            objective=results["objective"],
            hyperparameters=results["hyperparameters"],
            confirm=results["confirm"],
        )
        return end, verdict(results)
    what = f"The execution is {execution_status} and left no failure.json."
    if failure := failure_of(folder):
        what = failure["message"]
    return Ending(folder.run_id, "Failed"), [f"The run failed: {what}"]


def verdict(results: dict[str, Any]) -> list[str]:
    """Say what came out: the verdict, the best hyperparameters, warnings."""
    entry, metric = reported(results), called(results["metric"])
    said = [f"Verdict: {entry.verdict}. {results['sentence']}"]
    if entry.score is not None:
        between = wording.interval(metric.interval(entry.low, entry.high))
        score = f"{metric.words} {wording.score(metric.shown(entry.score))}"
        interval = f", 95 % interval {between}" if between else ""
        said.append(f"The model on fresh folds: {score} ({metric.direction}{interval})")
    if results["objective"] is not None:
        best = metric.shown(results["objective"])
        said.append(f"Best {metric.words} in the search, which flatters: {wording.number(best, 6)}")
        said.append(f"Best hyperparameters ({results['estimator']}):")
        said += [f"  {key} = {value}" for key, value in sorted(results["hyperparameters"].items())]
    return said + [f"Warning: {warning}" for warning in results["warnings"]]


def failure_of(folder: RunFiles) -> dict[str, Any] | None:
    """Wait for failure.json; None when it is not written in time."""
    deadline = time.monotonic() + _FAILURE_SECONDS
    while True:
        failure: dict[str, Any] | None = folder.read("failure.json")
        if failure or time.monotonic() > deadline:
            return failure
        time.sleep(_POLL_SECONDS)
