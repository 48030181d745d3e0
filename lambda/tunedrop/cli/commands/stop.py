"""`stop`: end a run and its jobs, or all of them."""

from __future__ import annotations

import argparse
import time

from botocore.exceptions import ClientError

from tunedrop import wording
from tunedrop.aws_errors import code_of, translated
from tunedrop.claims import execution_of_run
from tunedrop.cli import execution
from tunedrop.cli.arguments import Commands, add_run, add_stack, find_stack
from tunedrop.cli.commands.pause import pause
from tunedrop.cli.commands.watch import failure_of
from tunedrop.cli.errors import CommandError
from tunedrop.cli.progress import Display, wait_for
from tunedrop.cli.run_folder import RunFiles, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console
from tunedrop.door import read_door
from tunedrop.failing.runs import end_of

_CAUSE = "Stopped with `tunedrop stop` by {by}."
# An event of each execution's end has to reach StopJobs and Admit; the hourly sweep comes later.
_PATIENCE_SECONDS = 900.0


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `stop` to the command line."""
    parser = commands.add_parser(
        "stop",
        help="end a run and its jobs, or all of them",
        description="Stops a run's execution. The deployment then stops its SageMaker jobs and"
        " writes its failure.json; the dataset, the champion and what the jobs left stay. With"
        " --all, first lets no run start any more, as `pause` does, then stops every run, and"
        " waits until their jobs are stopped; `unpause` lets runs start again. Your identity is"
        " written into the execution.",
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
            _stop_all(stack, display)
        else:
            _stop_one(stack, find_run(stack.bucket, arguments.run), display)
    return 0


def _stop_one(stack: Stack, folder: RunFiles, display: Display) -> None:
    found = execution.look_at(stack, folder)
    if found.status != execution.RUNNING:
        display.say(f"The run {folder} is over already ({found.words}).")
        return
    if not _stop(stack, found.arn):
        raise CommandError(f"The run {folder} has just been claimed. Stop it again in a minute.")
    display.say(f"Stopped the execution of {folder}.")
    display.wait("Waiting for its jobs to be stopped")
    failure = failure_of(folder)
    if failure is None:
        display.say(
            "Its jobs are not stopped yet: the deployment does that when it hears of the "
            "execution's end, within the hour at the latest."
        )
        return
    stopped = ", ".join(failure["stopped_jobs"])
    display.say(f"Stopped its jobs: {stopped}." if stopped else "No job was running.")
    display.say(f"Its record: {folder.uri('failure.json')}")


def _stop_all(stack: Stack, display: Display) -> None:
    """Let nothing start, then stop what is under way until nothing is."""
    pause(stack)
    display.say("No run starts any more. To end this: tunedrop unpause")
    stopped: set[RunFiles] = set()
    deadline = time.monotonic() + _PATIENCE_SECONDS

    def look() -> bool | None:
        door = read_door(stack.bucket)
        slots = door.slots.items() if door else ()
        active = {RunFiles(dataset, slot.run_id, stack.bucket) for dataset, slot in slots}
        for run in sorted(active - stopped, key=str):
            if _stop(stack, execution_of_run(stack.state_machine, run.dataset, run.run_id)):
                stopped.add(run)
                display.say(f"Stopped the execution of {run}.")
        # A run's place is freed after its execution's end, its record written after its jobs' end.
        left = active | {run for run in stopped if end_of(stack.bucket, run) is None}
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


def _stop(stack: Stack, arn: str) -> bool:
    """Stop an execution; False for one that is not there yet."""
    try:
        with translated():
            stack.executions.stop_execution(executionArn=arn, cause=_CAUSE.format(by=stack.caller))
    except ClientError as error:
        if code_of(error) != "ExecutionDoesNotExist":
            raise
        return False
    return True
