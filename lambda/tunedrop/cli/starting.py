"""A run that Admit is asked for: wait until there is one, then name it or watch it."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Container
from dataclasses import asdict
from typing import Any

from tunedrop.cli.arguments import add_fetch
from tunedrop.cli.commands.watch import Ending, watch_to_the_end
from tunedrop.cli.errors import CommandError
from tunedrop.cli.functions import invoke
from tunedrop.cli.progress import Display, wait_for
from tunedrop.cli.run_folder import RunFiles
from tunedrop.cli.stack import Stack
from tunedrop.run_record import end_of


def add_following(parser: argparse.ArgumentParser) -> None:
    """Add what becomes of the run once it is there."""
    parser.add_argument("--watch", action="store_true", help="wait for the run, and watch it")
    add_fetch(parser, also="; implies --watch")
    parser.add_argument("--json", action="store_true", help="write one JSON object about the run")


def start(
    arguments: argparse.Namespace,
    stack: Stack,
    dataset: str,
    call: dict[str, Any],
    display: Display,
    known: Container[str] = (),
) -> int:
    """Ask Admit until a run is there, or has to wait; return the exit status.

    Parameters
    ----------
    known
        Ids of earlier runs: when Admit names one of these, people are told why.
    """
    follows = arguments.watch or arguments.fetch is not None

    def ask() -> dict[str, Any] | None:
        answer = invoke(stack, "Admit", call)
        if waiting := answer.get("waiting"):
            display.say(f"{dataset} has no run yet. {waiting}")
        if answer.get("for") == "rest":
            # Asked before that, Admit would send itself one more message.
            time.sleep(answer.get("seconds", 0))
            return None
        return None if waiting and follows else answer

    try:
        answer = wait_for(ask)
        run_id, nothing, waiting = map(answer.get, ("run_id", "nothing", "waiting"))
        if nothing and not run_id:
            raise CommandError(f"No run began. {nothing}")
    except KeyboardInterrupt:
        display.say("The run starts by itself. To see it: tunedrop runs")
        raise
    except CommandError:
        if arguments.json:
            print(json.dumps(asdict(Ending(None, "Failed"))))
        raise
    if nothing and run_id in known:
        display.say(nothing)
    folder = RunFiles(dataset, run_id or "", stack.bucket)
    if run_id and follows:
        return watch_to_the_end(stack, folder, display, arguments)
    if run_id:
        display.say(f"Run {folder}")
        display.say(f"To watch it: tunedrop watch '{folder}'")
    else:
        display.say("The run starts by itself. To see it: tunedrop runs")
    if arguments.json:
        ending = Ending(run_id, _status(folder) if run_id else "Waiting")
        print(json.dumps({**asdict(ending), "waiting": waiting}))
    return 0


def _status(folder: RunFiles) -> str:
    end = end_of(folder.bucket, folder)
    return {"report.html": "Succeeded", "failure.json": "Failed", None: "Running"}[end]
