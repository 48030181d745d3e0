"""`drop`: upload a dataset and say which run it started."""

from __future__ import annotations

import argparse

from boto3.s3.transfer import TransferConfig
from rich.console import Console
from rich.progress import DownloadColumn, Progress

from tunedrop import wording
from tunedrop.aws_errors import translated
from tunedrop.cli import plan_text
from tunedrop.cli.arguments import (
    Commands,
    DatasetFiles,
    add_source,
    add_stack,
    find_files,
    find_stack,
)
from tunedrop.cli.commands.check import of_deployment
from tunedrop.cli.commands.watch import refuse_file
from tunedrop.cli.dry_run import plan_locally
from tunedrop.cli.errors import UsageError
from tunedrop.cli.progress import Display
from tunedrop.cli.run_folder import run_ids
from tunedrop.cli.stack import Stack
from tunedrop.cli.starting import add_following, start
from tunedrop.cli.terminal import make_console, write
from tunedrop.datasets.layout import list_objects
from tunedrop.storage import Bucket

# Files above it go up in parts, several at a time; parts of it cover 5 TB in S3's 10,000.
_PART_BYTES = 16 * 1024**2
_TRANSFER = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES)


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
    add_following(parser)
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    dropped = find_files(arguments)
    refuse_file(arguments.fetch)
    stack = find_stack(arguments)
    bucket, dataset = stack.bucket, dropped.dataset
    console = make_console(stderr=arguments.json)
    others = _others(bucket, dropped, arguments)
    if not arguments.no_check:
        _check(stack, dropped, console, keep_others=arguments.keep)
    known = run_ids(bucket, dataset)
    for key in others if arguments.replace else ():
        bucket.delete(key)
    _upload(dropped, bucket, console)
    with Display(console) as display:
        display.say(
            f"Dropped {wording.count(len(dropped.files), 'file')} into "
            f"s3://{bucket.name}/{dropped.folder}"
        )
        display.wait("Waiting for the dataset to settle, and for its run")
        return start(arguments, stack, dataset, {"look": dataset}, display, known)


def _others(bucket: Bucket, dropped: DatasetFiles, arguments: argparse.Namespace) -> list[str]:
    """Return the keys of the dataset in the bucket that are not among the dropped ones."""
    found = (version.key for version in list_objects(bucket, dropped.dataset))
    others = [key for key in found if key not in dropped.files]
    if others and not (arguments.keep or arguments.replace):
        raise UsageError(
            f"The dataset {dropped.dataset!r} in the bucket has "
            f"{wording.count(len(others), 'file')} beside these, such as "
            f"{others[0].removeprefix(dropped.folder)}. Add --keep if they still belong to "
            "it, --replace to delete them, or give another name with --name."
        )
    return others


def _check(stack: Stack, dropped: DatasetFiles, console: Console, *, keep_others: bool) -> None:
    basis = of_deployment(stack)
    plan = plan_locally(dropped, stack, basis.environment, keep_others=keep_others)
    lines = [
        plan_text.headline(plan),
        plan_text.machine(plan),
        *plan_text.costs(plan),
        *(f"Warning: {warning}" for warning in plan_text.warnings(plan)),
    ]
    write(console, "\n".join(lines))


def _upload(dropped: DatasetFiles, bucket: Bucket, console: Console) -> None:
    """Upload all files, the largest first.

    What follows the largest then arrives while the dataset still settles, and all are one run.
    """
    order = sorted(dropped.files.items(), key=lambda item: -item[1].stat().st_size)
    columns = (*Progress.get_default_columns(), DownloadColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("Uploading", total=dropped.bytes)
        for key, file in order:
            with translated():
                bucket.client.upload_file(
                    str(file),
                    bucket.name,
                    key,
                    Config=_TRANSFER,
                    Callback=lambda sent: progress.advance(task, sent),
                )
