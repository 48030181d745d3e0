"""Objects in the local S3, and input channels: objects become files below /opt/ml/input/data.

Every version of an object is downloaded once into a cache; training jobs get hard links to it, read
only. FastFile channels are real files too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local_aws import REGION
from local_aws.calls import TRAINING_JOBS
from local_aws.workspace import link_or_copy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

_CHUNK = 1 << 20


class TransferError(Exception):
    """A channel was not filled, or an artifact not uploaded; the message is a FailureReason."""


@dataclass(frozen=True)
class S3Uri:
    """A bucket and a key or a prefix in it."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> S3Uri:
        """Read `s3://bucket/key`."""
        bucket, _, key = text.removeprefix("s3://").partition("/")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class S3Object:
    """An object as a listing shows it."""

    bucket: str
    key: str
    etag: str
    size: int


def create_client(service: str, endpoint_url: str, *, attempts: int = 3) -> Any:
    """Make a client of the local AWS, as the training jobs' role uses it."""
    return boto3.session.Session().client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=TRAINING_JOBS,
        aws_secret_access_key="local",  # noqa: S106 - the local AWS checks no signatures
        config=Config(
            s3={"addressing_style": "path"},
            max_pool_connections=64,
            retries={"mode": "standard", "total_max_attempts": attempts},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class Bucket:
    """Thread-safe access to objects."""

    def __init__(self, endpoint_url: str) -> None:
        self._client: S3Client = create_client("s3", endpoint_url)

    def list(self, uri: S3Uri) -> Iterator[S3Object]:
        """List the objects whose keys start with the prefix, but for folder markers."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=uri.bucket, Prefix=uri.key):
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    yield S3Object(uri.bucket, item["Key"], item["ETag"], item["Size"])

    def download(self, item: S3Object, path: Path) -> None:
        """Write an object to a file, if it has not changed since the listing."""
        answer = self._client.get_object(Bucket=item.bucket, Key=item.key, IfMatch=item.etag)
        with path.open("wb") as file:
            for chunk in answer["Body"].iter_chunks(_CHUNK):
                file.write(chunk)

    def copy(self, item: S3Object, uri: S3Uri) -> None:
        """Copy an object."""
        source: CopySourceTypeDef = {"Bucket": item.bucket, "Key": item.key}
        self._client.copy_object(CopySource=source, Bucket=uri.bucket, Key=uri.key)

    def upload(self, path: Path, uri: S3Uri) -> None:
        """Put a file."""
        with path.open("rb") as body:
            self._client.put_object(Bucket=uri.bucket, Key=uri.key, Body=body)


def path_in_channel(prefix: str, key: str) -> PurePosixPath:
    """Return the path in a channel of an object that an S3Prefix matched.

    The prefix is a mere string. The contents of the folder that it names go to the channel's root;
    an object of exactly that key keeps its last name; other matches (`iris2/` for `iris`) go below
    the folder of both.
    """
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    base = folder if key.startswith(folder) else prefix[: prefix.rfind("/") + 1]
    relative = posixpath.normpath(key[len(base) :].lstrip("/"))
    if relative in ("", ".", "..") or relative.startswith(("../", "/")) or "\0" in relative:
        raise TransferError(
            f"ClientError: Data download failed:The key '{key}' is no path below the channel."
        )
    return PurePosixPath(relative)


class Channels:
    """Fills channels from a cache."""

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
            objects = list(self._bucket.list(uri))
            if not objects:
                raise TransferError(
                    f"ClientError: Data download failed:No S3 objects found under S3 URL "
                    f'"{source["S3Uri"]}" given in input data source of the channel '
                    f"{channel['ChannelName']}. Please ensure that the bucket exists, and that "
                    "objects exist under that S3 prefix."
                )
            for item in objects:
                path = folder / path_in_channel(uri.key, item.key)
                path.parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(self._cached(item), path)
        except (ClientError, BotoCoreError, OSError) as error:
            raise TransferError(f"ClientError: Data download failed:{error}") from error

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
