"""The bucket as the Lambdas use it: JSON documents, objects written once, bounded reads, listings.

Every method raises the errors of `tunedrop.errors` that the state machine knows by name.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from tunedrop.aws_errors import ArrivingBody, code_of, status_of, translated
from tunedrop.errors import TransientAwsError
from tunedrop.objects import ObjectNotFound, ObjectTooLarge, ObjectVersion, parsing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef, GetObjectOutputTypeDef

# No document of ours comes near it; a bigger one is not ours, and must not fill a Lambda's memory.
DOCUMENT_LIMIT = 32 * 1024 * 1024
JSON = "application/json"
# Of an object that is read as it arrives, at a time.
READ_BYTES = 256 * 1024

# What HeadObject calls them; an object has one.
_CHECKSUMS = tuple(
    (kind, f"Checksum{kind}") for kind in ("CRC64NVME", "CRC32", "CRC32C", "SHA1", "SHA256")
)
# Larger objects are copied in parts. CopyObject takes 5 GB at most and answers when all is copied,
# which for some GB takes longer than a client waits; its docs advise parts above 100 MB.
PART_BYTES = 128 * 1024 * 1024

# Malware scanners tag objects; copying tags would need rights to read and to write them.
_WITHOUT_TAGS: dict[str, Any] = {"TaggingDirective": "REPLACE"}

_CONFLICT_ATTEMPTS = 5
_CONFLICT_PAUSE_SECONDS = 0.2
_REWRITE_ATTEMPTS = 20
_REWRITE_PAUSE_SECONDS = 0.1

Record = TypeVar("Record")


@dataclass(frozen=True)
class Bucket:
    """One bucket, through one client."""

    client: S3Client
    name: str
    pause: Callable[[float], None] = time.sleep

    # reading

    def read(
        self, key: str, *, version_id: str | None = None, limit: int = DOCUMENT_LIMIT
    ) -> bytes:
        """Read a whole object of at most `limit` bytes."""
        return self._read(key, version_id, limit)[0]

    @contextmanager
    def opened(self, key: str, *, limit: int) -> Iterator[IO[bytes]]:
        """Open an object of at most `limit` bytes, which is read forwards as it arrives."""
        with (
            self._opened(key, None, limit) as answer,
            io.BufferedReader(ArrivingBody(answer["Body"]), READ_BYTES) as stream,
        ):
            yield stream

    def read_range(self, key: str, start: int, length: int, *, version_id: str | None) -> bytes:
        """Read `length` bytes from `start` on; fewer where the object ends, b"" beyond its end."""
        if length <= 0:
            return b""
        try:
            answer = self._get(key, version_id, Range=f"bytes={start}-{start + length - 1}")
        except ClientError as error:
            if status_of(error) == 416:
                return b""
            raise
        with translated():
            return answer["Body"].read()[:length]

    def find(self, key: str) -> bytes | None:
        """Read an object; None when there is none."""
        try:
            return self.read(key)
        except ObjectNotFound:
            return None

    def find_json(self, key: str) -> Any | None:
        """Read a JSON document; None when there is none."""
        body = self.find(key)
        with parsing(self.name, key):
            return None if body is None else json.loads(body)

    def get_record(self, key: str, model: type[Record]) -> Record:
        """Read a record of ours; `ObjectNotFound` when there is none."""
        return self.parse(key, self.read(key), model)

    def find_record(self, key: str, model: type[Record]) -> Record | None:
        """Read a record of ours; None when there is none."""
        body = self.find(key)
        return None if body is None else self.parse(key, body, model)

    def parse(self, key: str, body: bytes, model: type[Record]) -> Record:
        """Return what an object holds as a record; `UnreadableState` when it is none."""
        with parsing(self.name, key):
            return TypeAdapter(model).validate_json(body)

    def exists(self, key: str) -> bool:
        """Whether there is an object of this key."""
        return self._head(key) is not None

    def newest_version(self, key: str) -> ObjectVersion | None:
        """Return the newest version of an object; None when there is none."""
        head = self._head(key)
        if head is None:
            return None
        return ObjectVersion(
            key=key,
            version_id=head.get("VersionId", "null"),
            etag=head["ETag"],
            bytes=head["ContentLength"],
            last_modified=head["LastModified"],
        )

    def download(self, key: str, path: Path, *, version_id: str | None = None) -> None:
        """Copy an object to a file."""
        answer = self._get(key, version_id)
        with answer["Body"] as body, path.open("wb") as file, translated():
            shutil.copyfileobj(body, file, READ_BYTES)

    def head_version(self, listed: ObjectVersion) -> ObjectVersion | None:
        """Return an object of a listing with its version and checksum; None if it has changed.

        A composite checksum, of the checksums of an upload's parts, ends with their number, so only
        equal contents in equal parts have the same one. Unlike an ETag it ignores encryption.
        """
        answer = self._head(listed.key, IfMatch=listed.etag, ChecksumMode="ENABLED")
        if answer is None:
            return None
        checksums = (f"{kind}:{answer[field]}" for kind, field in _CHECKSUMS if answer.get(field))
        return replace(
            listed,
            # Objects older than the bucket's versioning have none.
            version_id=answer.get("VersionId", "null"),
            checksum=next(checksums, ""),
        )

    # writing

    def put(self, key: str, body: bytes, content_type: str = JSON, **condition: Any) -> None:
        """Write an object, whatever was there before unless there is a condition."""
        with translated():
            self.client.put_object(
                Bucket=self.name, Key=key, Body=body, ContentType=content_type, **condition
            )

    def upload(self, path: Path, key: str) -> str:
        """Write a file of at most 5 GB as an object; return its version."""
        with translated(), path.open("rb") as body:
            return self.client.put_object(Bucket=self.name, Key=key, Body=body)["VersionId"]

    def put_json(self, key: str, value: Any) -> None:
        """Write a JSON document, whatever was there before."""
        self.put(key, to_json(value))

    def put_json_once(self, key: str, value: Any) -> bool:
        """Write a JSON document unless there is one; False when there was one, which stays."""
        return self._put_if(key, to_json(value), JSON, IfNoneMatch="*")

    def rewrite(
        self, key: str, make: Callable[[bytes | None], bytes], content_type: str = JSON
    ) -> bytes:
        """Replace an object by what `make` makes of it, as if nobody else did at the same time.

        Nothing is written where it stays the same. Returns what is there now.
        """
        for attempt in range(_REWRITE_ATTEMPTS):
            try:
                current, etag = self._read(key, None, DOCUMENT_LIMIT)
                condition = {"IfMatch": etag}
            except ObjectNotFound:
                current, condition = None, {"IfNoneMatch": "*"}
            body = make(current)
            if body == current or self._put_if(key, body, content_type, **condition):
                return body
            most = _REWRITE_PAUSE_SECONDS * min(1.6**attempt, 20)
            self.pause(most * random.random())  # noqa: S311  (jitter)
        raise TransientAwsError(f"Other runs kept replacing {key} while this one tried to")

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is deleted already."""
        with translated():
            self.client.delete_object(Bucket=self.name, Key=key)

    def copy(self, source: str, target: str) -> None:
        """Copy an object within the bucket, on the server's side, without tags."""
        place: CopySourceTypeDef = {"Bucket": self.name, "Key": source}
        with _translated_for(source):
            self.client.copy(place, self.name, target, ExtraArgs=_WITHOUT_TAGS)

    def copy_version(
        self, source: ObjectVersion, target: str, *, part_bytes: int = PART_BYTES
    ) -> None:
        """Copy one version of an object within the bucket, on the server's side, without tags.

        A larger object than `part_bytes` is copied in parts of this size, several at once.
        """
        place: CopySourceTypeDef = {
            "Bucket": self.name,
            "Key": source.key,
            "VersionId": source.version_id,
        }
        with _translated_for(source.key):
            if source.bytes <= part_bytes:
                self.client.copy_object(
                    Bucket=self.name, Key=target, CopySource=place, **_WITHOUT_TAGS
                )
                return
            parts = TransferConfig(part_bytes, multipart_chunksize=part_bytes)
            self.client.copy(place, self.name, target, ExtraArgs=_WITHOUT_TAGS, Config=parts)

    # listing

    def pages(self, operation: str, **parameters: Any) -> Iterator[Any]:
        """List in pages, by one of S3's operations for that."""
        paginator: Any = self.client.get_paginator(operation)  # type: ignore[call-overload]
        with translated():
            yield from paginator.paginate(Bucket=self.name, **parameters)

    def list_keys(self, prefix: str) -> Iterator[str]:
        """List all keys below a prefix, in their order."""
        return (listed.key for listed in self.list_objects(prefix))

    def list_folders(self, prefix: str) -> Iterator[str]:
        """List the names of the folders directly below a prefix, in their order."""
        for page in self.pages("list_objects_v2", Prefix=prefix, Delimiter="/"):
            for entry in page.get("CommonPrefixes", ()):
                yield entry["Prefix"].removeprefix(prefix).rstrip("/")

    def list_objects(self, prefix: str) -> Iterator[ObjectVersion]:
        """List the objects below a prefix in the order of their keys.

        Listings of versions would have every version that the bucket keeps.
        """
        for page in self.pages("list_objects_v2", Prefix=prefix):
            for entry in page.get("Contents", ()):
                yield ObjectVersion(
                    key=entry["Key"],
                    version_id="",
                    etag=entry["ETag"],
                    bytes=entry["Size"],
                    last_modified=entry["LastModified"],
                )

    def _head(self, key: str, **more: Any) -> dict[str, Any] | None:
        with translated():
            try:
                return dict(self.client.head_object(Bucket=self.name, Key=key, **more))
            except ClientError as error:
                # 412: IfMatch, and the object is another one
                if status_of(error) in (404, 412):
                    return None
                raise

    def _read(self, key: str, version_id: str | None, limit: int) -> tuple[bytes, str]:
        with self._opened(key, version_id, limit) as answer, translated():
            return answer["Body"].read(), answer["ETag"]

    @contextmanager
    def _opened(
        self, key: str, version_id: str | None, limit: int
    ) -> Iterator[GetObjectOutputTypeDef]:
        answer = self._get(key, version_id)
        with answer["Body"]:
            if answer["ContentLength"] > limit:
                size = answer["ContentLength"]
                raise ObjectTooLarge(f"{key} has {size} bytes, more than {limit}")
            yield answer

    def _get(self, key: str, version_id: str | None, **more: Any) -> GetObjectOutputTypeDef:
        version: Any = {"VersionId": version_id} if version_id else {}
        with _translated_for(key):
            return self.client.get_object(Bucket=self.name, Key=key, **version, **more)

    def _put_if(self, key: str, body: bytes, content_type: str, **condition: str) -> bool:
        for attempt in range(_CONFLICT_ATTEMPTS):
            try:
                self.put(key, body, content_type, **condition)
            except ClientError as error:
                # 404: IfMatch, and the object is gone
                if status_of(error) in (404, 412):
                    return False
                if status_of(error) != 409:
                    raise
            else:
                return True
            self.pause(_CONFLICT_PAUSE_SECONDS * 2**attempt)
        raise TransientAwsError(f"S3 kept answering that another write of {key} is under way")


def to_json(value: Any) -> bytes:
    """Write JSON for people and programs: indented, no NaN, non-ASCII as it is."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", errors="backslashreplace") + b"\n"


@contextmanager
def _translated_for(key: str) -> Iterator[None]:
    """Raise our errors instead of botocore's, `ObjectNotFound` if the object does not exist."""
    with translated():
        try:
            yield
        except ClientError as error:
            if code_of(error) in ("NoSuchKey", "NoSuchVersion", "404"):
                raise ObjectNotFound(f"There is no object {key}") from error
            raise
