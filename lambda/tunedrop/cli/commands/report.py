"""`report`: a run's page, fetched or made again; or the page of any other tuning job, made here."""

from __future__ import annotations

import argparse
import json
import webbrowser
from pathlib import Path

from rich.console import Console

from tunedrop.aws_errors import translated
from tunedrop.cli.arguments import Commands, add_run, add_stack, find_stack
from tunedrop.cli.commands.watch import default_folder
from tunedrop.cli.display import Display
from tunedrop.cli.errors import CommandError, UsageError
from tunedrop.cli.progress import RUNNING, SUCCEEDED
from tunedrop.cli.run_folder import RunFolder, download, find_run
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console
from tunedrop.cli.tuning_job_search import read_search
from tunedrop.cli.watching import wait_for
from tunedrop.clients import CONFIG

PAGE = "report.html"


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `report` to the command line."""
    parser = commands.add_parser(
        "report",
        help="fetch a run's report, or make it again",
        description="Fetches the report of a run as one HTML file. A run whose jobs are done and"
        " whose report is missing gets one first; no job runs again for that. With --tuning-job it"
        " makes the page of any SageMaker tuning job, whoever started it.",
    )
    add_run(parser, needed=False)
    parser.add_argument(
        "--tuning-job",
        metavar="NAME",
        help="the page of this SageMaker tuning job instead of a run's; needs no deployment",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"where the page goes (default: tunedrop-runs/DATASET/RUN_ID/{PAGE}, or"
        " tunedrop-runs/NAME.html)",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument(
        "--rebuild", action="store_true", help="make the report again, though there is one"
    )
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    if arguments.output and arguments.output.is_dir():
        raise UsageError(f"--output {arguments.output} is a folder; name a file.")
    console = make_console()
    if arguments.tuning_job is not None:
        target = _draw(arguments, console)
    else:
        target = _fetch(arguments, console)
    return show_page(target, console, open_it=arguments.open)


def _fetch(arguments: argparse.Namespace, console: Console) -> Path:
    """Fetch a run's page, made by the deployment."""
    stack = find_stack(arguments)
    folder = find_run(stack.bucket, arguments.run)
    if arguments.rebuild or not stack.bucket.exists(folder.key(PAGE)):
        _rebuild(stack, folder, console)
    target: Path = arguments.output or default_folder(folder) / PAGE
    download(stack.bucket, folder.key(PAGE), target)
    return target


def _draw(arguments: argparse.Namespace, console: Console) -> Path:
    """Make the page of a tuning job here, with WriteReport's code."""
    if arguments.run or arguments.rebuild:
        raise UsageError("--tuning-job is instead of a run, and its page is always made anew.")
    name = arguments.tuning_job
    session = arguments.connect(arguments.profile, arguments.region)
    with Display(console) as display:
        display.wait(f"Asking SageMaker for the training jobs of {name}")
        search = read_search(session.client("sagemaker", config=CONFIG), name)
        # Altair takes a second to import: only for who draws.
        from tunedrop.report.page import report_html

        page = report_html(search, title=name)
    target: Path = arguments.output or Path("tunedrop-runs", f"{name}.html")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, "utf-8")
    return target


def show_page(page: Path, console: Console, *, open_it: bool) -> int:
    """Say where the page is, and open it if wanted."""
    console.print(str(page), markup=False, soft_wrap=True)
    if open_it and not webbrowser.open(page.resolve().as_uri()):
        raise CommandError(f"There is no browser to open it with. Open {page} in yours.")
    return 0


def _rebuild(stack: Stack, folder: RunFolder, console: Console) -> None:
    """Have WriteReport make the report, from what the run's jobs left."""
    _refuse_unfinished(stack, folder)
    with translated():
        started = stack.executions.start_execution(
            stateMachineArn=stack.state_machine, input=json.dumps({"report": str(folder)})
        )["executionArn"]
    with Display(console) as display:
        display.wait(f"Making the report of {folder}")

        def look() -> str | None:
            with translated():
                status = stack.executions.describe_execution(executionArn=started)["status"]
            return None if status == RUNNING else status

        status = wait_for(look)
    if status != SUCCEEDED:
        raise CommandError(
            f"The report could not be made: the execution {started} ended {status}. "
            "Its history and the log of WriteReport say why."
        )


def _refuse_unfinished(stack: Stack, folder: RunFolder) -> None:
    plan = folder.plan()
    if plan is not None and stack.bucket.exists(
        folder.key(f"jobs/{plan.confirm.name}.result.json")
    ):
        return
    if failure := folder.read("failure.json"):
        raise CommandError(f"The run {folder} failed, so it has no report: {failure['message']}")
    raise CommandError(f"The run {folder} is not over yet. Watch it: tunedrop watch '{folder}'")
