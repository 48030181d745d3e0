"""`resume`: a new run in place of one that failed, which takes over its finished tuning jobs."""

from __future__ import annotations

import argparse

from tunedrop.cli.arguments import Commands, add_run, find_stack
from tunedrop.cli.run_folder import find_run
from tunedrop.cli.starting import add_start, start


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `resume` to the command line."""
    parser = add_start(
        commands,
        "resume",
        line="go on where a failed run stopped",
        description="Starts a new run with the plan and the inputs of one that failed. It takes"
        " over the tuning jobs that finished, which cost nothing again. It waits as `run` does.",
    )
    add_run(parser, needed=True)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    folder = find_run(find_stack(arguments).bucket, arguments.run)
    return start(arguments, folder.dataset, {"resume": str(folder)})
