"""`watch`: the progress of a run until it ends, and its result."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from tunedrop import wording
from tunedrop.cli.arguments import (
    Commands,
    add_command,
    add_fetch,
    add_run,
    find_stack,
)
from tunedrop.cli.progress import SUCCEEDED, Display, Progress, read_progress, wait_for
from tunedrop.cli.run_folder import RunFiles, default_folder, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console, write_error
from tunedrop.index.records import reported
from tunedrop_common.metric_names import describe_metric

# Of results.json, in the JSON object about a run.
_RESULT_FIELDS = ("best_training_job", "objective", "hyperparameters", "confirm")
# StopJobs writes the failure.json of an aborted execution after the execution's end.
_FAILURE_SECONDS = 60.0


def add_parser(commands: Commands) -> None:
    """Add `watch` to the command line."""
    parser = add_command(
        commands,
        "watch",
        execute,
        summary="show the progress of a run until it ends",
        description="Shows the training jobs and the best score of a run (default: the newest run"
        " of all), and ends with the verdict. The exit status is 0 if the run has a report and 1"
        " if it failed. Ctrl-C does not stop the run.",
    )
    add_run(parser)
    add_fetch(parser)
    parser.add_argument("--json", action="store_true", help="write the result as one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    run = find_run(stack.bucket, arguments.run)
    with Display(make_console(stderr=arguments.json)) as display:
        return watch_to_the_end(stack, run, display, arguments)


def watch_to_the_end(
    stack: Stack, run: RunFiles, display: Display, arguments: argparse.Namespace
) -> int:
    """Show a run until it ends, copy its files if requested, and show its result."""
    display.say(f"Run {run}")

    def show_progress() -> Progress | None:
        progress = read_progress(stack, run)
        display.show(progress)
        return progress if progress.has_ended else None

    try:
        execution_status = wait_for(show_progress).execution_status
        results = run.read("results.json") if execution_status == SUCCEEDED else None
        failure = {} if results else _read_failure(run, execution_status)
    except KeyboardInterrupt:
        display.say(f"The run continues. Watch it again: tunedrop watch '{run}'")
        raise
    folder = arguments.fetch
    if folder is not None:
        folder = folder if folder.parts else default_folder(run)
        display.wait(f"Copying the run to {folder}")
        run.copy_to(folder)
    report = str(folder / "report.html") if folder else run.uri("report.html")
    if arguments.json:
        end = {"status": "Succeeded", "report": report} if results else {"status": "Failed"}
        fields = {name: results[name] if results else None for name in _RESULT_FIELDS}
        print(json.dumps({"run_id": run.run_id, "report": None, **end, **fields}))
    if not results:
        display.stop()
        details = folder / "failure.json" if folder else run.uri("failure.json")
        write_error(f"The run failed: {failure['message']}\nDetails: {details}")
        return 1
    for line in [*_describe_results(results), f"Report: {report}"]:
        display.say(line)
    if folder is None:
        display.say(f"Read it: tunedrop report '{run}' --open")
    elif (folder / "model.tar.gz").is_file():
        display.say(f"Model: {folder / 'model.tar.gz'}")
    return 0


def _read_failure(run: RunFiles, execution_status: str) -> dict[str, Any]:
    """Wait for failure.json and return it; a record in its place if it is not written in time."""
    missing = {"message": f"The execution is {execution_status} and has no failure.json."}
    deadline = time.monotonic() + _FAILURE_SECONDS
    return wait_for(
        lambda: run.read("failure.json") or (missing if time.monotonic() > deadline else None)
    )


def _describe_results(results: dict[str, Any]) -> list[str]:
    """Return the verdict, the scores, the best hyperparameters and the warnings in lines."""
    entry, metric = reported(results), describe_metric(results["metric"])
    lines = [f"Verdict: {entry.verdict}. {results['sentence']}"]
    selected = entry.display().score
    if selected.value is not None:
        ends = wording.interval(selected.ends)
        score = f"{metric.words} {wording.score(selected.value)}"
        interval = f", 95% CI {ends}" if ends else ""
        lines.append(f"Selected model on new splits: {score} ({metric.direction}{interval})")
    if results["objective"] is not None:
        best = wording.number(metric.shown(results["objective"]), 6)
        lines.append(f"Best {metric.words} in the search, which is optimistic: {best}")
        lines.append(f"Best hyperparameters ({results['estimator']}):")
        lines += [
            f"  {name} = {value}" for name, value in sorted(results["hyperparameters"].items())
        ]
    return lines + [f"Warning: {warning}" for warning in results["warnings"]]
