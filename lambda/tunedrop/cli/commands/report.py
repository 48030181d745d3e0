"""`report`: a run's page, fetched or made again."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from rich.console import Console

from tunedrop.cli.arguments import Commands, add_run, add_stack, find_stack
from tunedrop.cli.commands.watch import default_folder
from tunedrop.cli.errors import CommandError
from tunedrop.cli.functions import invoke
from tunedrop.cli.progress import Display
from tunedrop.cli.run_folder import RunFiles, download, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console
from tunedrop.running.attempts import RequestedJobs

PAGE = "report.html"


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `report` to the command line."""
    parser = commands.add_parser(
        "report",
        help="fetch a run's report, or make it again",
        description="Fetches the report of a run as one HTML file. A run whose jobs are done and"
        " whose report is missing gets one first; no job runs again for that.",
    )
    add_run(parser, needed=False)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"where the page goes (default: tunedrop-runs/DATASET/RUN_ID/{PAGE})",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument(
        "--rebuild", action="store_true", help="make the report again, though there is one"
    )
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    console = make_console()
    page = _fetch(arguments, console)
    console.print(str(page), markup=False, soft_wrap=True)
    if arguments.open and not webbrowser.open(page.resolve().as_uri()):
        raise CommandError(f"There is no browser to open it with. Open {page} in yours.")
    return 0


def _fetch(arguments: argparse.Namespace, console: Console) -> Path:
    """Fetch a run's page, made by the deployment."""
    stack = find_stack(arguments)
    folder = find_run(stack.bucket, arguments.run)
    if arguments.rebuild or not stack.bucket.exists(folder.key(PAGE)):
        _rebuild(stack, folder, console)
    target: Path = arguments.output or default_folder(folder) / PAGE
    download(stack.bucket, folder.key(PAGE), target)
    return target


def _rebuild(stack: Stack, folder: RunFiles, console: Console) -> None:
    """Have WriteReport make the report, from what the run's jobs left."""
    _refuse_unfinished(stack, folder)
    with Display(console) as display:
        display.wait(f"Making the report of {folder}")
        invoke(stack, "WriteReport", {"report": str(folder)})


def _refuse_unfinished(stack: Stack, folder: RunFiles) -> None:
    plan = folder.plan()
    if plan is not None:
        requested = RequestedJobs.read(stack.bucket, folder.dataset, folder.run_id)
        confirm = requested.latest(plan.confirm.name)
        if stack.bucket.exists(folder.key(f"jobs/{confirm}.result.json")):
            return
    if failure := folder.read("failure.json"):
        raise CommandError(f"The run {folder} failed, so it has no report: {failure['message']}")
    raise CommandError(f"The run {folder} is not over yet. Watch it: tunedrop watch '{folder}'")
