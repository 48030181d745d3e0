"""`report`: fetch a run's report, or rebuild it."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

from tunedrop.cli.arguments import Commands, add_command, add_run, find_stack
from tunedrop.cli.progress import Display
from tunedrop.cli.run_folder import default_folder, download, find_run
from tunedrop.cli.terminal import CommandError, make_console

_PAGE = "report.html"


def add_parser(commands: Commands) -> None:
    """Add `report` to the command line."""
    parser = add_command(
        commands,
        "report",
        execute,
        summary="fetch a run's report, or rebuild it",
        description="Fetches the report of a run (default: the newest run of all) as one HTML file."
        " If the jobs of the run have finished and the report is missing, it is built first; no job"
        " runs again.",
    )
    add_run(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"the file to write (default: tunedrop-runs/DATASET/RUN_ID/{_PAGE})",
    )
    parser.add_argument("--open", action="store_true", help="open the report in a browser")
    parser.add_argument("--rebuild", action="store_true", help="rebuild an existing report")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    console = make_console()
    stack = find_stack(arguments)
    run = find_run(stack.bucket, arguments.run)
    if arguments.rebuild or not stack.bucket.exists(run.key(_PAGE)):
        with Display(console) as display:
            display.wait(f"Building the report of {run}")
            stack.invoke("WriteReport", {"report": str(run)})
    page: Path = arguments.output or default_folder(run) / _PAGE
    download(stack.bucket, run.key(_PAGE), page)
    console.print(str(page), markup=False, soft_wrap=True)
    if arguments.open and not webbrowser.open(page.resolve().as_uri()):
        raise CommandError(f"There is no browser on this machine. Open {page} in yours.")
    return 0
