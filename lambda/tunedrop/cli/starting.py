"""A run that a person asks for: by force, or in place of one that failed."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from itertools import repeat
from typing import Any
from uuid import uuid4

from tunedrop.cli.arguments import Commands, add_fetch, add_stack, find_stack
from tunedrop.cli.commands.watch import Ending, refuse_file, watch_to_the_end
from tunedrop.cli.errors import CommandError
from tunedrop.cli.functions import invoke
from tunedrop.cli.progress import Display, wait_for
from tunedrop.cli.run_folder import RunFiles
from tunedrop.cli.terminal import make_console

_ASK_SECONDS = 10.0


def add_start(
    commands: Commands[argparse.ArgumentParser], name: str, *, line: str, description: str
) -> argparse.ArgumentParser:
    """Add a command that starts a run, with all that is not its own."""
    parser = commands.add_parser(name, help=line, description=description)
    parser.add_argument("--watch", action="store_true", help="wait for the run, and watch it")
    add_fetch(parser, also="; implies --watch")
    parser.add_argument("--json", action="store_true", help="write one JSON object about the run")
    add_stack(parser)
    return parser


def start(arguments: argparse.Namespace, dataset: str, call: dict[str, Any]) -> int:
    """Ask Admit for a run; name it, or what it waits for. Return the exit status."""
    refuse_file(arguments.fetch)
    stack = find_stack(arguments)
    # A call that is made again, after a broken connection, is the same request.
    call = {**call, "request": uuid4().hex, "by": stack.caller}
    follows = arguments.watch or arguments.fetch is not None
    with Display(make_console(stderr=arguments.json)) as display:
        display.wait(f"Asking for a run of {dataset}")

        def ask() -> dict[str, Any] | None:
            answer = invoke(stack, "Admit", call)
            if waiting := answer.get("waiting"):
                display.say(f"{dataset} has no run yet. {waiting}")
            return None if waiting and follows else answer

        try:
            answer = wait_for(ask, repeat(_ASK_SECONDS))
        except KeyboardInterrupt:
            display.say(f"The request stays. To see what became of it: tunedrop runs '{dataset}'")
            raise
        if nothing := answer.get("nothing"):
            raise CommandError(f"No run began. {nothing}")
        folder = RunFiles(stack.bucket, dataset, answer.get("run_id", ""))
        if follows:
            return watch_to_the_end(stack, folder, display, arguments)
        if folder.run_id:
            display.say(f"Run {folder}")
            display.say(f"To watch it: tunedrop watch '{folder}'")
        else:
            display.say("It starts by itself. To see it: tunedrop runs")
    if arguments.json:
        state = Ending(folder.run_id, "Running") if folder.run_id else Ending(None, "Waiting")
        print(json.dumps({**asdict(state), "waiting": answer.get("waiting")}))
    return 0
