"""`runs`: the runs that there are, and what came out."""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from tunedrop import wording
from tunedrop.cli import waiting
from tunedrop.cli.arguments import Commands, add_stack, find_stack
from tunedrop.cli.execution import RUNNING, status_of
from tunedrop.cli.run_folder import RunFiles, all_runs, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import cell, make_console, make_table
from tunedrop.door import read_door
from tunedrop.errors import UnreadableState
from tunedrop.index.records import reported
from tunedrop.run_record import time_of
from tunedrop.running.attempts import RequestedJobs
from tunedrop_common.metric_words import called

_LIMIT = 20
_PARALLEL = 16


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `runs` to the command line."""
    parser = commands.add_parser(
        "runs",
        help="list runs and what came out",
        description="Lists the runs of a dataset, or of all, the newest first. Above them: the"
        " datasets that wait for a run, since when and for what.",
    )
    parser.add_argument("dataset", nargs="?", metavar="DATASET", help="only the runs of this one")
    parser.add_argument(
        "--limit",
        type=_positive,
        default=_LIMIT,
        metavar="N",
        help=f"the newest N (default: {_LIMIT})",
    )
    parser.add_argument("--json", action="store_true", help="write all as one JSON object")
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    dataset = arguments.dataset
    folders = all_runs(stack.bucket, None if dataset is None else [dataset])
    door = read_door(stack.bucket)
    if not folders and dataset is not None and not (door and dataset in door.waiting):
        find_run(stack.bucket, dataset)  # says that there is none, and which datasets there are
    now = datetime.now(UTC)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        looks = pool.map(lambda run: run_state(stack, run, now), folders[: arguments.limit])
        states = list(looks)
    if arguments.json:
        runs = [{**vars(each), "started": each.started.isoformat()} for each in states]
        print(json.dumps({**waiting.document(door, dataset), "runs": runs}))
        return 0
    console = make_console()
    waiting.show(console, door, dataset, now)
    if not states:
        console.print("There is no run yet. Drop a dataset: tunedrop drop FILE_OR_FOLDER")
        return 0
    table = make_table("run", "state", "verdict", "score", "took", whole=(0, 1, 3, 4))
    for state in states:
        table.add_row(*map(cell, _row(state)))
    console.print(table)
    if len(folders) > len(states):
        console.print(f"{len(folders) - len(states)} older ones: --limit {len(folders)}")
    return 0


def _row(state: RunState) -> tuple[str, ...]:
    metric = called(state.metric)
    score = ""
    if state.score is not None:
        score = f"{wording.score(metric.shown(state.score))} {metric.words}"
    return (
        state.run,
        state.state,
        state.verdict or state.failure,
        score,
        wording.duration(state.seconds),
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


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


def run_state(stack: Stack, folder: RunFiles, now: datetime) -> RunState:
    """Look at one run; one whose files are damaged hides no other."""
    try:
        return _run_state(stack, folder, now)
    except UnreadableState as error:
        what = f"{error.key} cannot be read"
        return RunState(str(folder), "damaged", time_of(folder.run_id), failure=what)


def _run_state(stack: Stack, folder: RunFiles, now: datetime) -> RunState:
    started = time_of(folder.run_id)
    files = folder.files()
    if "report.html" in files and (results := folder.read("results.json")):
        entry = reported(results)
        ended = datetime.fromisoformat(entry.ended) if entry.ended else None
        return RunState(
            run=str(folder),
            state="succeeded",
            started=started,
            seconds=(ended - started).total_seconds() if ended else None,
            verdict=entry.verdict,
            metric=entry.metric,
            score=entry.score,
        )
    if "failure.json" in files and (failure := folder.read("failure.json")):
        took = (datetime.fromisoformat(failure["time"]) - started).total_seconds()
        return RunState(str(folder), "failed", started, took, failure=failure["what"])
    status = status_of(stack, folder)
    if status != RUNNING:
        return RunState(str(folder), status, started)
    state = _phase(folder, files)
    return RunState(str(folder), state, started, (now - started).total_seconds())


def _phase(folder: RunFiles, files: set[str]) -> str:
    if "plan.json" not in files:
        return "planning"
    plan = folder.plan()
    requested = RequestedJobs.read(folder.bucket, folder.dataset, folder.run_id)
    return "confirming" if plan and requested.attempts(plan.confirm.name) else "tuning"
