"""`run`: drop a dataset on the local AWS, watch its run, and fetch what came out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from local_aws import summary
from local_aws.clients import Clients
from local_aws.drop import Drop, prepare, upload
from local_aws.errors import LocalAwsError, UsageError
from local_aws.find_run import Search
from local_aws.progress import Display
from local_aws.run_folder import RunFolder, run_ids
from local_aws.session import running_stack
from local_aws.stack import Stack
from local_aws.summary import Summary
from local_aws.watch import Progress, Watch
from local_aws.workspace import Workspace

_POLL_SECONDS = 0.5
# StopJobs writes the failure.json of an aborted execution after the execution's end.
_FAILURE_SECONDS = 30.0


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `run` to the command line."""
    parser = commands.add_parser(
        "run",
        help="tune a dataset and fetch its report",
        description="Drops a dataset on the local AWS (started and deployed when needed), waits for"
        " its run and copies the run's folder here. The dataset in the bucket becomes exactly the"
        " files that are given.",
    )
    parser.add_argument("source", type=Path, metavar="FILE_OR_FOLDER", help="the dataset")
    parser.add_argument("--name", help="the dataset's name (default: the file's or folder's)")
    parser.add_argument(
        "--config", type=Path, metavar="TUNING.YAML", help="what to tune and how, from elsewhere"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where the run's files go (default: tunedrop-runs/DATASET/RUN_ID)",
    )
    parser.add_argument(
        "--json", action="store_true", help="write one JSON object to standard output, no more"
    )
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Run the command; return its exit status."""
    drop = prepare(arguments.source, name=arguments.name, config=arguments.config)
    if arguments.output and arguments.output.exists() and not arguments.output.is_dir():
        raise UsageError(f"--output {arguments.output} is a file; name a folder.")
    console = Console(stderr=arguments.json, soft_wrap=True)
    with (
        Display(console) as display,
        running_stack(workspace, display.wait) as (clients, stack),
    ):
        try:
            folder, progress = _run(drop, clients, stack, display)
        except LocalAwsError as error:
            return _report_failure(arguments, None, str(error))
        target = arguments.output or Path("tunedrop-runs", drop.dataset, folder.run_id)
        display.wait(f"Copying the run to {target}")
        failure = _failure(folder) if progress.execution_status != "SUCCEEDED" else None
        folder.copy_to(target)
        if failure is not None or progress.execution_status != "SUCCEEDED":
            message = failure or f"The execution ended {progress.execution_status}."
            return _report_failure(arguments, folder.run_id, message, target)
    return _report_success(arguments, folder.run_id, target)


def _run(
    drop: Drop, clients: Clients, stack: Stack, display: Display
) -> tuple[RunFolder, Progress]:
    """Drop the dataset and wait for the end of its run."""
    display.wait(f"Dropping {drop.dataset} into s3://{stack.bucket}/datasets/{drop.dataset}/")
    known = frozenset(run_ids(clients.s3, stack.bucket, drop.dataset))
    # The second of slack is for times that are cut to whole seconds.
    since = datetime.now(UTC) - timedelta(seconds=1)
    versions = upload(drop, clients.s3, stack.bucket)
    search = Search(clients, stack, drop.dataset, versions, known, since)
    display.wait("Waiting for the dataset to settle")
    while (found := search.look()) is None:
        time.sleep(_POLL_SECONDS)
    folder, execution = found
    watch = Watch(clients, folder, execution)
    while True:
        progress = watch.look()
        display.show(progress)
        if progress.ended:
            return folder, progress
        time.sleep(_POLL_SECONDS)


def _failure(folder: RunFolder) -> str | None:
    """Return failure.json's message; None when it isn't written in time."""
    deadline = time.monotonic() + _FAILURE_SECONDS
    while time.monotonic() < deadline:
        if failure := folder.read("failure.json"):
            return str(failure["message"])
        time.sleep(_POLL_SECONDS)
    return None


def _report_success(arguments: argparse.Namespace, run_id: str, target: Path) -> int:
    results = json.loads((target / "results.json").read_text("utf-8"))
    if arguments.json:
        print(json.dumps(summary.of_results(results, run_id, target).as_json()))
    else:
        print("\n".join(summary.lines(results, target)))
    return 0


def _report_failure(
    arguments: argparse.Namespace, run_id: str | None, message: str, target: Path | None = None
) -> int:
    if arguments.json:
        print(json.dumps(Summary(run_id, "Failed").as_json()))
    print(f"The run failed: {message}", file=sys.stderr)
    if target is not None and (target / "failure.json").is_file():
        print(f"Details: {target / 'failure.json'}", file=sys.stderr)
    return 1
