"""`run` and `resume`: request a run from Admit, wait until it starts, and watch it if requested."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any
from uuid import uuid4

from tunedrop.cli.arguments import (
    Commands,
    add_command,
    add_fetch,
    add_run,
    find_stack,
)
from tunedrop.cli.commands.watch import watch_to_the_end
from tunedrop.cli.progress import Display, wait_for
from tunedrop.cli.run_folder import RunFiles, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import CommandError, make_console
from tunedrop.run_record import end_of

_STARTS_LATER = "The run starts automatically. List the runs: tunedrop runs"


def add_parser(commands: Commands) -> None:
    """Add `run` and `resume` to the command line."""
    run = add_command(
        commands,
        "run",
        _run,
        summary="start a run of a dataset in the bucket",
        description="Starts a run of a dataset, even if an earlier run has the same contents. A"
        " dataset has one run at a time: while one is active, or all slots are taken, the request"
        " waits and the run starts automatically. The run records your identity.",
    )
    run.add_argument("dataset", metavar="DATASET", help="its name: datasets/DATASET/")
    resume = add_command(
        commands,
        "resume",
        _resume,
        summary="continue a failed run",
        description="Starts a new run with the plan and the inputs of a failed one. The new run"
        " reuses the finished tuning jobs at no cost. It waits as `run` does.",
    )
    add_run(resume, nargs=None)
    add_following(run)
    add_following(resume)


def add_following(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what follows the start of a run."""
    parser.add_argument(
        "--watch", action="store_true", help="wait for the run and watch it (implied by --fetch)"
    )
    add_fetch(parser)
    parser.add_argument("--json", action="store_true", help="write one JSON object about the run")


def _run(arguments: argparse.Namespace) -> int:
    stack = find_stack(arguments)
    return _request(arguments, stack, arguments.dataset, {"dataset": arguments.dataset})


def _resume(arguments: argparse.Namespace) -> int:
    stack = find_stack(arguments)
    run = find_run(stack.bucket, arguments.run)
    return _request(arguments, stack, run.dataset, {"resume": str(run)})


def _request(
    arguments: argparse.Namespace, stack: Stack, dataset: str, call: dict[str, str]
) -> int:
    # The id makes a call that is repeated after a broken connection the same request.
    call = {**call, "request": uuid4().hex, "stated_by": stack.caller}
    with Display(make_console(stderr=arguments.json)) as display:
        display.wait(f"Requesting a run of {dataset}")
        return request_run(arguments, stack, dataset, call, display)


def request_run(
    arguments: argparse.Namespace,
    stack: Stack,
    dataset: str,
    call: dict[str, str],
    display: Display,
) -> int:
    """Call Admit until a run starts or has to wait; return the exit status."""
    is_watching = arguments.watch or arguments.fetch is not None

    def call_admit() -> dict[str, Any] | None:
        answer = stack.invoke("Admit", call)
        waiting = answer.get("waiting")
        if waiting:
            display.say(f"{dataset} has no run yet. {waiting}")
        if answer.get("for") == "quiet_period":
            # Before the end of the quiet period, each call adds a message to Admit's queue.
            time.sleep(answer.get("seconds", 0))
            return None
        return None if waiting and is_watching else answer

    try:
        answer = wait_for(call_admit)
        run_id, reason, waiting = map(answer.get, ("run_id", "nothing", "waiting"))
        if reason and not run_id:
            raise CommandError(f"No run started. {reason}")
    except KeyboardInterrupt:
        display.say(_STARTS_LATER)
        raise
    except CommandError:
        if arguments.json:
            print(json.dumps({"run_id": None, "status": "Failed"}))
        raise
    if reason:
        display.say(reason)
    status = "Waiting"
    if run_id:
        run = RunFiles(dataset, run_id, stack.bucket)
        if is_watching:
            return watch_to_the_end(stack, run, display, arguments)
        display.say(f"Run {run}")
        display.say(f"Watch it: tunedrop watch '{run}'")
        end = end_of(stack.bucket, run)
        status = {"report.html": "Succeeded", "failure.json": "Failed", None: "Running"}[end]
    else:
        display.say(_STARTS_LATER)
    if arguments.json:
        print(json.dumps({"run_id": run_id, "status": status, "waiting": waiting}))
    return 0
