"""`stop`: end a run and its jobs."""

from __future__ import annotations

import argparse

from tunedrop.aws_errors import translated
from tunedrop.cli.arguments import Commands, add_run, add_stack, find_stack
from tunedrop.cli.commands.watch import failure_of
from tunedrop.cli.progress import RUNNING, Display
from tunedrop.cli.run_folder import find_run
from tunedrop.cli.terminal import make_console

_CAUSE = "Stopped by a person with `tunedrop stop`."


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `stop` to the command line."""
    parser = commands.add_parser(
        "stop",
        help="end a run and its jobs",
        description="Stops a run's execution. The deployment then stops its SageMaker jobs and"
        " writes its failure.json; the dataset, the champion and what the jobs left stay.",
    )
    add_run(parser, needed=True)
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    folder = find_run(stack.bucket, arguments.run)
    execution = folder.execution()
    status = stack.execution(execution)["status"]
    with Display(make_console()) as display:
        if status != RUNNING:
            display.say(f"The run {folder} is over already ({status.lower().replace('_', ' ')}).")
            return 0
        with translated():
            stack.executions.stop_execution(executionArn=execution, cause=_CAUSE)
        display.say(f"Stopped the execution of {folder}.")
        display.wait("Waiting for its jobs to be stopped")
        failure = failure_of(folder)
        if failure is None:
            display.say(
                "Its jobs are not stopped yet: the deployment does that when it hears of the "
                "execution's end, within the hour at the latest."
            )
            return 0
        stopped = ", ".join(failure["stopped_jobs"])
        display.say(f"Stopped its jobs: {stopped}." if stopped else "No job was running.")
        display.say(f"Its record: {folder.uri('failure.json')}")
    return 0
