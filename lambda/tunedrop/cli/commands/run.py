"""`run`: a run of a dataset as it is in the bucket, though it had one of the same contents."""

from __future__ import annotations

import argparse

from tunedrop.cli.arguments import Commands
from tunedrop.cli.starting import add_start, start


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `run` to the command line."""
    parser = add_start(
        commands,
        "run",
        line="start a run of a dataset as it is in the bucket",
        description="Starts a run of a dataset, also where an earlier run has the same contents."
        " A dataset has one run at a time: where one is under way, or all places are taken, the"
        " request waits and starts by itself. Your identity is written into the run.",
    )
    parser.add_argument("dataset", metavar="DATASET", help="its name: datasets/DATASET/")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    return start(arguments, arguments.dataset, {"dataset": arguments.dataset})
