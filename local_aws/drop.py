"""What `run` drops: the local files of one dataset, and how they get into the bucket."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# What PlanRun accepts; checked here too, before anything is started.
_NAME = re.compile(r"[^\W_]([\w .-]{0,98}[\w.-])?")
_SUFFIXES = re.compile(r"(\.[a-z0-9]{1,8}){1,2}$", re.IGNORECASE)
_CONFIG = "tuning.yaml"


@dataclass(frozen=True)
class Drop:
    """One dataset on this machine: its name, and a file for each key below `datasets/<name>/`."""

    dataset: str
    files: dict[str, Path]


def prepare(source: Path, *, name: str | None, config: Path | None) -> Drop:
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
    files = _files(source)
    if config is not None:
        if not config.is_file():
            raise UsageError(f"--config {config}: there is no such file.")
        files[_CONFIG] = config
    dataset = name if name is not None else _default_name(source)
    if not _NAME.fullmatch(dataset):
        raise UsageError(
            f"{dataset!r} cannot be a dataset's name: at most 100 letters, digits, spaces, '.', "
            "'_' and '-', the first a letter or digit. Give one with --name."
        )
    return Drop(dataset, files)


def upload(drop: Drop, s3: S3Client, bucket: str) -> dict[str, str]:
    """Make the dataset in the bucket be exactly these files; return each key's new version.

    The largest file goes first: what follows it then arrives while the dataset still settles.
    """
    folder = f"datasets/{drop.dataset}/"
    for key in _existing(s3, bucket, drop.dataset):
        if key.removeprefix(folder) not in drop.files:
            s3.delete_object(Bucket=bucket, Key=key)
    versions = {}
    for path in sorted(drop.files, key=lambda path: -drop.files[path].stat().st_size):
        key = folder + path
        s3.upload_file(str(drop.files[path]), bucket, key)
        versions[key] = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
    return versions


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
    return resolved.name if resolved.is_dir() else _SUFFIXES.sub("", resolved.name)


def _existing(s3: S3Client, bucket: str, dataset: str) -> list[str]:
    """Keys of the dataset that are in the bucket: its folder's, and a single file's beside it."""
    keys = []
    for prefix in (f"datasets/{dataset}/", f"datasets/{dataset}."):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            keys += [entry["Key"] for entry in page.get("Contents", [])]
    return [key for key in keys if _belongs(key, dataset)]


def _belongs(key: str, dataset: str) -> bool:
    name = key.removeprefix("datasets/")
    return name.startswith(f"{dataset}/") or _SUFFIXES.sub("", name) == dataset
