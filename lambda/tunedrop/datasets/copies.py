"""The exact object versions of a run, as the jobs' channels can read them.

A channel reads whatever its keys hold at that moment, so the versions are copied server-side to
keys that belong to their digest.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from tunedrop import keys
from tunedrop.objects import DataFile
from tunedrop.storage import PART_BYTES, Bucket
from tunedrop_common.plan import ChannelFiles

_PARALLEL_COPIES = 8


def copy_files(bucket: Bucket, files: tuple[DataFile, ...], folder: str) -> ChannelFiles:
    """Copy the files to `folder`; return what a channel of it delivers."""

    def copy(file: DataFile) -> None:
        bucket.copy_version(file.version, folder + file.path)

    # Of a large file, parts are copied several at once: one after another, they don't share
    # connections with each other.
    with ThreadPoolExecutor(_PARALLEL_COPIES) as pool:
        list(pool.map(copy, (f for f in files if f.version.bytes <= PART_BYTES)))
    for file in files:
        if file.version.bytes > PART_BYTES:
            copy(file)
    return ChannelFiles(
        uri=f"s3://{bucket.name}/{folder}",
        files=tuple(file.path for file in files),
        bytes=sum(file.version.bytes for file in files),
        versions={file.version.key: file.version.version_id for file in files},
    )


def channel_folder(dataset: str, digest: str, channel: Literal["train", "test"]) -> str:
    """Prefix of the files that are copied for a channel."""
    return f"{keys.inputs_folder(dataset, digest)}{channel}/"
