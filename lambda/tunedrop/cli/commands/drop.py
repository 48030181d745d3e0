"""`drop`: upload a dataset, which starts a run."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from boto3.s3.transfer import TransferConfig
from rich.console import Console
from rich.progress import DownloadColumn, Progress

from tunedrop import wording
from tunedrop.aws_errors import translated
from tunedrop.cli import plan_text
from tunedrop.cli.arguments import (
    Commands,
    DatasetFiles,
    add_command,
    add_source,
    find_files,
    find_stack,
)
from tunedrop.cli.commands.run import add_following, request_run
from tunedrop.cli.dry_run import plan_locally
from tunedrop.cli.progress import Display
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import UsageError, make_console, write
from tunedrop.datasets.layout import list_objects
from tunedrop.storage import Bucket

# Larger files are uploaded in parallel parts; S3's 10,000 parts of this size cover 160 GB.
_PART_BYTES = 16 * 1024**2
TRANSFER = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES)
# Of the full object: the default of an upload in parts is composite, which depends on the parts.
WITH_CHECKSUM = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}


def add_parser(commands: Commands) -> None:
    """Add `drop` to the command line."""
    parser = add_command(
        commands,
        "drop",
        execute,
        summary="upload a dataset, which starts a run",
        description="Checks a dataset as `check` does, uploads it, and waits until its run starts."
        " If the dataset has other files in the bucket, --keep or --replace is needed.",
    )
    add_source(parser)
    option = parser.add_mutually_exclusive_group()
    option.add_argument(
        "--keep", action="store_true", help="keep the dataset's other files in the bucket"
    )
    option.add_argument(
        "--replace",
        action="store_true",
        help="delete the dataset's other files in the bucket, which keeps their versions",
    )
    parser.add_argument("--no-check", action="store_true", help="upload without the check")
    add_following(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    dataset = find_files(arguments)
    stack = find_stack(arguments)
    bucket, name = stack.bucket, dataset.dataset
    console = make_console(stderr=arguments.json)
    remote_only = _list_remote_only(bucket, dataset, arguments)
    if not arguments.no_check:
        _check(stack, dataset, console, keep_others=arguments.keep)
    for key in remote_only if arguments.replace else ():
        bucket.delete(key)
    upload_files(dataset.files, bucket, console)
    with Display(console) as display:
        files = wording.count(len(dataset.files), "file")
        display.say(f"Uploaded {files} to s3://{bucket.name}/{dataset.folder}")
        display.wait("Waiting for the quiet period and the run")
        return request_run(arguments, stack, name, {"evaluate": name}, display)


def _list_remote_only(
    bucket: Bucket, dataset: DatasetFiles, arguments: argparse.Namespace
) -> list[str]:
    """Return the keys of the dataset in the bucket that have no local file."""
    keys = (version.key for version in list_objects(bucket, dataset.dataset))
    remote_only = [key for key in keys if key not in dataset.files]
    if remote_only and not (arguments.keep or arguments.replace):
        files = wording.count(len(remote_only), "other file")
        raise UsageError(
            f"The dataset {dataset.dataset!r} has {files} in the bucket, such as "
            f"{remote_only[0].removeprefix(dataset.folder)}. Use --keep to keep the {files}, "
            "--replace to delete them, or --name to give the dataset another name."
        )
    return remote_only


def _check(stack: Stack, dataset: DatasetFiles, console: Console, *, keep_others: bool) -> None:
    plan = plan_locally(dataset, stack, keep_others=keep_others)
    lines = [
        plan_text.headline(plan),
        plan_text.describe_machines(plan),
        *plan_text.costs(plan),
        *(f"Warning: {warning}" for warning in plan_text.warnings(plan)),
    ]
    write(console, "\n".join(lines))


def upload_files(files: Mapping[str, Path], bucket: Bucket, console: Console) -> None:
    """Upload files to their keys, the largest first.

    The other files then arrive within the quiet period of the largest, so one run has all.
    """
    sizes = {key: file.stat().st_size for key, file in files.items()}
    columns = (*Progress.get_default_columns(), DownloadColumn())
    disable = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=disable) as progress:
        task = progress.add_task("Uploading", total=sum(sizes.values()))
        for key in sorted(sizes, key=sizes.__getitem__, reverse=True):
            with translated():
                bucket.client.upload_file(
                    str(files[key]),
                    bucket.name,
                    key,
                    Config=TRANSFER,
                    ExtraArgs=WITH_CHECKSUM,
                    Callback=lambda sent: progress.advance(task, sent),
                )
