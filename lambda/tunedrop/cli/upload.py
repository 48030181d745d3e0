"""Files of this machine become the objects of a dataset, with a progress bar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from boto3.s3.transfer import TransferConfig
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from tunedrop.aws_errors import translated
from tunedrop.cli.dataset_files import DatasetFiles
from tunedrop.datasets.layout import list_objects
from tunedrop.storage import Bucket

# Files above it go up in parts, several at a time; parts of it cover 5 TB in S3's 10,000.
_PART_BYTES = 16 * 1024**2
_TRANSFER = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES)


@dataclass(frozen=True)
class Uploaded:
    """The objects that a drop made: the version of each key, and when S3 had the first of them."""

    versions: dict[str, str]
    since: datetime


def other_objects(bucket: Bucket, dropped: DatasetFiles) -> list[str]:
    """Return the keys of the dataset in the bucket that are not among the dropped ones."""
    found = (version.key for version in list_objects(bucket, dropped.dataset))
    return [key for key in found if key not in dropped.files]


def delete(bucket: Bucket, keys: Iterable[str]) -> None:
    """Delete objects; the bucket keeps their versions."""
    for key in keys:
        bucket.delete(key)


def upload(dropped: DatasetFiles, bucket: Bucket, console: Console) -> Uploaded:
    """Upload all files, the largest first.

    What follows the largest then arrives while the dataset still settles, and all are one run.
    """
    order = sorted(dropped.files, key=lambda key: -dropped.files[key].stat().st_size)
    heads = {}
    with _bar(console) as progress:
        task = progress.add_task("Uploading", total=dropped.bytes)
        for key in order:
            with translated():
                bucket.client.upload_file(
                    str(dropped.files[key]),
                    bucket.name,
                    key,
                    Config=_TRANSFER,
                    Callback=lambda sent: progress.advance(task, sent),
                )
                heads[key] = bucket.client.head_object(Bucket=bucket.name, Key=key)
    return Uploaded(
        versions={key: head["VersionId"] for key, head in heads.items()},
        since=min(head["LastModified"] for head in heads.values()),
    )


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
