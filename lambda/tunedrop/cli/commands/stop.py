"""`stop`: end a run and its jobs, or all of them."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from botocore.exceptions import ClientError

from tunedrop import wording
from tunedrop.aws_errors import code_of, translated
from tunedrop.cli.arguments import Commands, add_run, add_stack, find_stack
from tunedrop.cli.commands.pause import pause
from tunedrop.cli.errors import CommandError
from tunedrop.cli.execution import RUNNING, status_of
from tunedrop.cli.progress import Display, wait_for
from tunedrop.cli.run_folder import RunFiles, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console
from tunedrop.door import read_door
from tunedrop.errors import RunNotFoundError
from tunedrop.run_record import end_of

_CAUSE = "Stopped with `tunedrop stop` by {by}."
# An event of each execution's end has to reach StopJobs and Admit; the hourly sweep comes later.
_PATIENCE_SECONDS = 900.0


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `stop` to the command line."""
    parser = commands.add_parser(
        "stop",
        help="end a run and its jobs, or all of them",
        description="Stops a run's execution, and waits until the deployment has stopped its"
        " SageMaker jobs and written its failure.json; the dataset, the champion and what the jobs"
        " left stay. With --all, first lets no run start any more, as `pause` does, then stops"
        " every run; `unpause` lets runs start again. Your identity is written into the execution.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    add_run(which, needed=False, otherwise="or give --all")
    which.add_argument("--all", action="store_true", help="pause, and stop every run")
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    with Display(make_console()) as display:
        if arguments.all:
            pause(stack)
            display.say("No run starts any more. To end this: tunedrop unpause")
            _stop(stack, display, lambda: _all_under_way(stack))
            return 0
        run = find_run(stack.bucket, arguments.run)
        status = status_of(stack, run)
        if status == RUNNING:
            _stop(stack, display, lambda: set() if end_of(stack.bucket, run) else {run})
        else:
            display.say(f"The run {run} is over already ({status}).")
    return 0


def _all_under_way(stack: Stack) -> set[RunFiles]:
    door = read_door(stack.bucket)
    slots = door.slots.items() if door else ()
    return {RunFiles(dataset, slot.run_id, stack.bucket) for dataset, slot in slots}


def _stop(stack: Stack, display: Display, under_way: Callable[[], set[RunFiles]]) -> None:
    """Stop what is under way, until nothing is."""
    stopped: set[RunFiles] = set()
    deadline = time.monotonic() + _PATIENCE_SECONDS

    def look() -> bool | None:
        runs = under_way()
        for run in sorted(runs - stopped, key=str):
            if _stop_execution(stack, run):
                stopped.add(run)
                display.say(f"Stopped the execution of {run}.")
        # A run's place is freed after its execution's end, its record written after its jobs' end.
        left = runs | {run for run in stopped if end_of(stack.bucket, run) is None}
        if not left:
            return True
        display.wait(f"Waiting for {wording.count(len(left), 'run')} to be over, with all jobs")
        if time.monotonic() > deadline:
            raise CommandError(
                f"Not over yet: {', '.join(sorted(map(str, left)))}. The deployment stops their "
                "jobs within the hour; tunedrop runs shows them."
            )
        return None

    wait_for(look)
    display.say(f"{wording.count(len(stopped), 'run')} stopped, with all jobs.")


def _stop_execution(stack: Stack, run: RunFiles) -> bool:
    """Stop the execution of a run; False for one that is not there yet."""
    cause = _CAUSE.format(by=stack.caller)
    try:
        with translated():
            stack.executions.stop_execution(executionArn=run.execution(), cause=cause)
    except RunNotFoundError:
        return False
    except ClientError as error:
        if code_of(error) != "ExecutionDoesNotExist":
            raise
        return False
    return True
