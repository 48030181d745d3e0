"""`stop`, `pause` and `unpause`: end runs, and prevent or allow new ones."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from botocore.exceptions import ClientError

from tunedrop import wording
from tunedrop.aws_errors import code_of, translated
from tunedrop.cli.arguments import Commands, add_command, add_run, find_stack
from tunedrop.cli.progress import RUNNING, Display, read_status, wait_for
from tunedrop.cli.run_folder import RunFiles, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import CommandError, make_console
from tunedrop.errors import RunNotFoundError
from tunedrop.run_record import end_of

_PAUSED = "New runs are paused. Resume: tunedrop unpause"
# An event of each execution's end has to reach StopJobs and Admit; reconciliation follows hourly.
_PATIENCE_SECONDS = 900.0


def add_parser(commands: Commands) -> None:
    """Add `stop`, `pause` and `unpause` to the command line."""
    stop = add_command(
        commands,
        "stop",
        _stop,
        summary="end a run and its jobs, or all runs",
        description="Stops a run's execution, and waits until the deployment has stopped its"
        " SageMaker jobs and written its failure.json. The dataset, the champion and the output of"
        " the jobs remain. --all first pauses new runs, as `pause` does, then stops every run. The"
        " execution records your identity.",
    )
    runs = stop.add_mutually_exclusive_group(required=True)
    add_run(runs)
    runs.add_argument("--all", action="store_true", help="pause new runs, and stop every run")
    pause = add_command(
        commands,
        "pause",
        _pause,
        summary="pause new runs",
        description="Lets no run of any dataset start. New datasets wait; active runs continue."
        " `unpause` ends the pause.",
    )
    pause.set_defaults(is_paused=True)
    unpause = add_command(
        commands,
        "unpause",
        _pause,
        summary="let new runs start again",
        description="Ends a pause, also that of stopping all runs. The waiting datasets start,"
        " longest wait first.",
    )
    unpause.set_defaults(is_paused=False)


def _pause(arguments: argparse.Namespace) -> int:
    _set_pause(find_stack(arguments), is_paused=arguments.is_paused)
    make_console().print(_PAUSED if arguments.is_paused else "New runs start again.")
    return 0


def _set_pause(stack: Stack, *, is_paused: bool) -> None:
    stack.invoke("Admit", {"pause": is_paused, "stated_by": stack.caller})


def _stop(arguments: argparse.Namespace) -> int:
    stack = find_stack(arguments)
    with Display(make_console()) as display:
        if arguments.all:
            _set_pause(stack, is_paused=True)
            display.say(_PAUSED)
            _stop_runs(stack, display, lambda: _active_runs(stack))
            return 0
        run = find_run(stack.bucket, arguments.run)
        status = read_status(stack, run)
        if status == RUNNING:
            _stop_runs(stack, display, lambda: set() if end_of(stack.bucket, run) else {run})
        else:
            display.say(f"The run {run} has already ended ({status}).")
    return 0


def _active_runs(stack: Stack) -> set[RunFiles]:
    state = stack.read_admission_state()
    slots = state.slots.items() if state else ()
    return {RunFiles(dataset, slot.run_id, stack.bucket) for dataset, slot in slots}


def _stop_runs(stack: Stack, display: Display, find_active: Callable[[], set[RunFiles]]) -> None:
    """Stop the active runs until there is none."""
    stopped: set[RunFiles] = set()
    deadline = time.monotonic() + _PATIENCE_SECONDS

    def stop_active() -> bool | None:
        active = find_active()
        for run in sorted(active - stopped, key=str):
            if _stop_execution(stack, run):
                stopped.add(run)
                display.say(f"Stopped the execution of {run}.")
        # A run frees its slot after its execution's end; its failure.json follows its jobs' end.
        unfinished = active | {run for run in stopped if end_of(stack.bucket, run) is None}
        if not unfinished:
            return True
        display.wait(f"Waiting for {wording.count(len(unfinished), 'run')} and their jobs to end")
        if time.monotonic() > deadline:
            raise CommandError(
                f"Not ended: {', '.join(sorted(map(str, unfinished)))}. The deployment stops their "
                "jobs within an hour. List the runs: tunedrop runs."
            )
        return None

    wait_for(stop_active)
    display.say(f"Stopped {wording.count(len(stopped), 'run')} and their jobs.")


def _stop_execution(stack: Stack, run: RunFiles) -> bool:
    """Stop the execution of a run; return False if there is none yet."""
    cause = f"Stopped with `tunedrop stop` by {stack.caller}."
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
