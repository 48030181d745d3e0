"""A dataset on this machine: which file becomes which object, and their upload."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.cli.errors import UsageError
from tunedrop.datasets.layout import list_objects, stem_of
from tunedrop.errors import DatasetError
from tunedrop.storage import Bucket
from tunedrop.trigger import checked_name

# Files above it go up in parts, several at a time; parts of it cover 5 TB in S3's 10,000.
_PART_BYTES = 16 * 1024**2
_TRANSFER = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES)


@dataclass(frozen=True)
class DatasetFiles:
    """What is dropped: a file for each key below `datasets/<dataset>/`."""

    dataset: str
    files: dict[str, Path]

    @property
    def folder(self) -> str:
        """Prefix of all its keys."""
        return f"{keys.DATASETS}{self.dataset}/"

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(path.stat().st_size for path in self.files.values())


def find_files(
    source: Path, *, name: str | None = None, config: Path | None = None
) -> DatasetFiles:
    """Find the files of a dataset.

    Parameters
    ----------
    source
        One data file, or a folder with everything; hidden files are left out.
    name
        The dataset's name; None takes the folder's or the file's.
    config
        A tuning.yaml from elsewhere; it replaces one in the folder.

    Raises
    ------
    UsageError
        Something named is not there, or cannot be a dataset.
    """
    found = _files(source)
    if config is not None:
        if not config.is_file():
            raise UsageError(f"--config {config}: there is no such file.")
        found[keys.TUNING_CONFIG] = config
    try:
        dataset = checked_name(name if name is not None else _default_name(source))
    except DatasetError as error:
        raise UsageError(
            f"{error.what}. Found {error.found}; expected {error.expected}. "
            "Give a name with --name."
        ) from None
    folder = f"{keys.DATASETS}{dataset}/"
    return DatasetFiles(dataset, {folder + path: file for path, file in found.items()})


def _files(source: Path) -> dict[str, Path]:
    if source.is_file():
        return {source.name: source}
    if not source.is_dir():
        raise UsageError(f"{source}: there is no such file or folder.")
    files = {}
    for path in sorted(source.rglob("*")):
        below = path.relative_to(source)
        if path.is_file() and not any(part.startswith(".") for part in below.parts):
            files[below.as_posix()] = path
    if not files:
        raise UsageError(f"{source}: the folder has no files.")
    return files


def _default_name(source: Path) -> str:
    resolved = source.resolve()
    return resolved.name if resolved.is_dir() else stem_of(resolved.name)


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
