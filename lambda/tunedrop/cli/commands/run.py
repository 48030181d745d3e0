"""`run` and `resume`: a run of a dataset as it is in the bucket, or in place of one that failed."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import uuid4

from tunedrop.cli.arguments import Commands, add_run, add_stack, find_stack
from tunedrop.cli.commands.watch import refuse_file
from tunedrop.cli.progress import Display
from tunedrop.cli.run_folder import find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.starting import add_following, start
from tunedrop.cli.terminal import make_console


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `run` and `resume` to the command line."""
    run = commands.add_parser(
        "run",
        help="start a run of a dataset as it is in the bucket",
        description="Starts a run of a dataset, also where an earlier run has the same contents."
        " A dataset has one run at a time: where one is under way, or all places are taken, the"
        " request waits and starts by itself. Your identity is written into the run.",
    )
    run.add_argument("dataset", metavar="DATASET", help="its name: datasets/DATASET/")
    resume = commands.add_parser(
        "resume",
        help="go on where a failed run stopped",
        description="Starts a new run with the plan and the inputs of one that failed. It takes"
        " over the tuning jobs that finished, which cost nothing again. It waits as `run` does.",
    )
    add_run(resume, needed=True)
    for parser, execute in ((run, _run), (resume, _resume)):
        add_following(parser)
        add_stack(parser)
        parser.set_defaults(execute=execute)


def _run(arguments: argparse.Namespace) -> int:
    stack = find_stack(arguments)
    return _start(arguments, stack, arguments.dataset, {"dataset": arguments.dataset})


def _resume(arguments: argparse.Namespace) -> int:
    stack = find_stack(arguments)
    folder = find_run(stack.bucket, arguments.run)
    return _start(arguments, stack, folder.dataset, {"resume": str(folder)})


def _start(arguments: argparse.Namespace, stack: Stack, dataset: str, call: dict[str, Any]) -> int:
    refuse_file(arguments.fetch)
    # A call that is made again, after a broken connection, is the same request.
    call = {**call, "request": uuid4().hex, "by": stack.caller}
    with Display(make_console(stderr=arguments.json)) as display:
        display.wait(f"Asking for a run of {dataset}")
        return start(arguments, stack, dataset, call, display)
