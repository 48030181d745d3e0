"""Input channels: objects of S3 become files below /opt/ml/input/data/<channel>.

Every version of an object is downloaded once into a cache; training jobs get hard links to it, read
only. FastFile channels are real files too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import shutil
import threading
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.jobs.s3 import Bucket, S3Object, S3Uri, TransferError


def path_in_channel(prefix: str, key: str) -> PurePosixPath:
    """Return where an object goes that an S3Prefix matched.

    The prefix is a mere string. What is in the folder that it names goes to the channel's root;
    an object of exactly that key keeps its last name; what only begins alike (`iris2/` for `iris`)
    goes below the folder that holds both.
    """
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    base = folder if key.startswith(folder) else prefix[: prefix.rfind("/") + 1]
    return _below(key[len(base) :], key)


def _below(path: str, key: str) -> PurePosixPath:
    relative = posixpath.normpath(path.lstrip("/"))
    if relative in ("", ".", "..") or relative.startswith(("../", "/")) or "\0" in relative:
        raise TransferError(
            f"ClientError: Data download failed:The key '{key}' is no path below the channel."
        )
    return PurePosixPath(relative)


class Channels:
    """Fills channels out of a cache."""

    def __init__(self, bucket: Bucket, cache: Path) -> None:
        self._bucket = bucket
        self._cache = cache
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        cache.mkdir(parents=True, exist_ok=True)

    def fill(self, channel: dict[str, Any], folder: Path) -> None:
        """Put the files of one channel into a folder."""
        source = channel["DataSource"]["S3DataSource"]
        uri = S3Uri.parse(source["S3Uri"])
        folder.mkdir(parents=True, exist_ok=True)
        try:
            found = [(item, path_in_channel(uri.key, item.key)) for item in self._bucket.list(uri)]
            if not found:
                raise TransferError(
                    f"ClientError: Data download failed:No S3 objects found under S3 URL "
                    f'"{source["S3Uri"]}" given in input data source of the channel '
                    f"{channel['ChannelName']}. Please ensure that the bucket exists, and that "
                    "objects exist under that S3 prefix."
                )
            for item, path in found:
                self._place(item, folder / path)
        except (ClientError, BotoCoreError, OSError) as error:
            raise TransferError(f"ClientError: Data download failed:{error}") from error

    def _place(self, item: S3Object, path: Path) -> None:
        cached = self._cached(item)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(cached, path)
        except FileExistsError:
            raise
        except OSError:
            # Another file system: a copy does too.
            shutil.copy2(cached, path)

    def _cached(self, item: S3Object) -> Path:
        version = "\0".join((item.bucket, item.key, item.etag))
        path = self._cache / hashlib.sha256(version.encode()).hexdigest()
        with self._lock:
            lock = self._locks.setdefault(path.name, threading.Lock())
        with lock:
            if not path.exists():
                part = path.with_suffix(".part")
                try:
                    self._bucket.download(item, part)
                    part.chmod(0o444)
                    os.replace(part, path)
                finally:
                    with contextlib.suppress(FileNotFoundError):
                        part.unlink()
        return path
