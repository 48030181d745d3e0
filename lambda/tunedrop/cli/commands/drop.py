"""`drop`: upload a dataset and say which run it started."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.console import Console

from tunedrop import wording
from tunedrop.cli import plan_text
from tunedrop.cli.arguments import (
    Commands,
    DatasetFiles,
    add_fetch,
    add_source,
    add_stack,
    find_files,
    find_stack,
)
from tunedrop.cli.commands.check import of_deployment
from tunedrop.cli.commands.watch import Ending, refuse_file, watch_to_the_end
from tunedrop.cli.dropping import RunSearch, other_objects, upload
from tunedrop.cli.errors import CommandError, UsageError
from tunedrop.cli.progress import Display, wait_for
from tunedrop.cli.rehearsal import rehearse
from tunedrop.cli.run_folder import RunFiles, run_ids
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console, plain

_NAMED = 5


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `drop` to the command line."""
    parser = commands.add_parser(
        "drop",
        help="upload a dataset, which starts a run",
        description="Checks a dataset as `check` does, uploads it, and waits until its run is"
        " there. Files of the dataset that are in the bucket and not among these are never touched"
        " without --keep or --replace.",
    )
    add_source(parser)
    others = parser.add_mutually_exclusive_group()
    others.add_argument(
        "--keep", action="store_true", help="the dataset's other files in the bucket stay its own"
    )
    others.add_argument(
        "--replace",
        action="store_true",
        help="delete the dataset's other files in the bucket (it keeps their versions)",
    )
    parser.add_argument("--no-check", action="store_true", help="upload without the check")
    parser.add_argument("--watch", action="store_true", help="watch the run until it is over")
    add_fetch(parser, also="; implies --watch")
    parser.add_argument("--json", action="store_true", help="write one JSON object about the run")
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    dropped = find_files(arguments)
    refuse_file(arguments.fetch)
    stack = find_stack(arguments)
    console = make_console(stderr=arguments.json)
    others = other_objects(stack.bucket, dropped)
    _refuse_others(others, dropped, arguments)
    if not arguments.no_check:
        _check(stack, dropped, console, keep_others=arguments.keep)
    try:
        return _drop(stack, dropped, others if arguments.replace else [], console, arguments)
    except CommandError:
        if arguments.json:
            print(json.dumps(asdict(Ending(None, "Failed"))))
        raise


def _check(stack: Stack, dropped: DatasetFiles, console: Console, *, keep_others: bool) -> None:
    basis = of_deployment(stack)
    plan = rehearse(dropped, stack, basis.environment, keep_others=keep_others)
    lines = [
        plan_text.headline(plan),
        plan_text.machine(plan),
        *plan_text.costs(plan),
        *(f"Warning: {warning}" for warning in plan.warnings),
    ]
    console.print(plain("\n".join(lines)))


def _drop(
    stack: Stack,
    dropped: DatasetFiles,
    obsolete: list[str],
    console: Console,
    arguments: argparse.Namespace,
) -> int:
    known = frozenset(run_ids(stack.bucket, dropped.dataset))
    door, follows = stack.door(), arguments.watch or arguments.fetch is not None
    for key in obsolete:
        stack.bucket.delete(key)
    uploaded = upload(dropped, stack.bucket, console)
    with Display(console) as display:
        display.say(
            f"Dropped {wording.count(len(dropped.files), 'file')} into "
            f"s3://{stack.bucket_name}/{dropped.folder}"
        )
        display.wait("Waiting for the dataset to settle, and for its run")
        search = RunSearch(
            stack,
            dropped.dataset,
            uploaded,
            known,
            tell=display.say,
            settle_seconds=door.settle_seconds if door else 0.0,
            patient=follows,
        )
        try:
            folder = wait_for(search.look).run
        except KeyboardInterrupt:
            display.say("The run starts without us. To watch it: tunedrop watch")
            raise
        if folder is None:
            display.say("The run starts by itself. To see it: tunedrop runs")
        elif follows:
            return watch_to_the_end(stack, folder, display, arguments)
        else:
            display.say(f"Run {folder}")
            display.say(f"To watch it: tunedrop watch '{folder}'")
    if arguments.json:
        print(json.dumps(asdict(_so_far(folder))))
    return 0


def _so_far(folder: RunFiles | None) -> Ending:
    if folder is None:
        return Ending(None, "Waiting")
    files = folder.files()
    status = "Failed" if "failure.json" in files else "Running"
    return Ending(folder.run_id, "Succeeded" if "report.html" in files else status)


def _refuse_others(others: list[str], dropped: DatasetFiles, arguments: argparse.Namespace) -> None:
    if not others or arguments.keep or arguments.replace:
        return
    named = ", ".join(key.removeprefix(dropped.folder) for key in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    raise UsageError(
        f"The dataset {dropped.dataset!r} in the bucket has other files than these: {named}{more}. "
        "Add --keep if they still belong to it, --replace to delete them, or give another name "
        "with --name."
    )
