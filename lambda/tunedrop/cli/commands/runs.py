"""`runs`: the runs that there are, and what came out."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from tunedrop.cli.arguments import Commands, add_stack, find_stack
from tunedrop.cli.run_folder import all_runs, find_run
from tunedrop.cli.run_list import RunState, run_states
from tunedrop.cli.terminal import make_console, make_table, plain
from tunedrop.metric_words import called
from tunedrop.report import wording

_LIMIT = 20


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `runs` to the command line."""
    parser = commands.add_parser(
        "runs",
        help="list runs and what came out",
        description="Lists the runs of a dataset, or of all, the newest first.",
    )
    parser.add_argument("dataset", nargs="?", metavar="DATASET", help="only the runs of this one")
    parser.add_argument(
        "--limit",
        type=_positive,
        default=_LIMIT,
        metavar="N",
        help=f"the newest N (default: {_LIMIT})",
    )
    parser.add_argument("--json", action="store_true", help="write them as one JSON list")
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    dataset = arguments.dataset
    folders = all_runs(stack.bucket, None if dataset is None else [dataset])
    if not folders and dataset is not None:
        find_run(stack.bucket, dataset)  # says that there is none, and which datasets there are
    states = run_states(stack, folders[: arguments.limit], datetime.now(UTC))
    if arguments.json:
        print(json.dumps([_document(state) for state in states]))
        return 0
    console = make_console()
    if not states:
        console.print("There is no run yet. Drop a dataset: tunedrop drop FILE_OR_FOLDER")
        return 0
    table = make_table("run", "state", "verdict", "score", "took", whole=(0, 1, 3, 4))
    for state in states:
        table.add_row(*map(plain, _row(state)))
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


def _document(state: RunState) -> dict[str, Any]:
    return {**vars(state), "started": state.started.isoformat()}


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)
