"""Stand-ins for AWS clients that behave as documented: versions, conditions, ranges, paging.

Every call's parameters are checked against botocore's own service model, so what AWS does not take
fails here, too. Failures are injected with `fail_next`.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from jsonschema import Draft202012Validator

from tests.support.service_model import violations

EVENTS_SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "docs/events.schema.json").read_text("utf-8"))
)
START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)

_MESSAGES = {
    "InvalidRequest": (400, "The specified copy source is larger than the maximum allowable size"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "404": (404, "Not Found"),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "PreconditionFailed": (412, "At least one of the pre-conditions did not hold"),
    "ConditionalRequestConflict": (409, "A conflicting operation occurred"),
}
# What a page has for the next one -> the parameter that takes it.
_TOKENS = {
    "NextContinuationToken": "ContinuationToken",
    "NextKeyMarker": "KeyMarker",
    "NextVersionIdMarker": "VersionIdMarker",
    "NextToken": "NextToken",
    "nextToken": "nextToken",
}


def client_error(
    code: str, status: int = 400, message: str = "", operation: str = ""
) -> ClientError:
    """Make the error that boto3 raises for an answer of AWS."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": message or code},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        operation,
    )


def quota_error(limit: int, used: int = 0, delta: int = 2) -> ClientError:
    """Make SageMaker's answer to a job for which a quota leaves no machines."""
    return client_error(
        "ResourceLimitExceeded",
        400,
        f"The account-level service limit 'ml.m5.large for training job usage' is {limit} "
        f"Instances, with current utilization of {used} Instances and a request delta of {delta} "
        "Instances. Please use AWS Service Quotas to request an increase for this quota.",
        "CreateTrainingJob",
    )


@dataclass(frozen=True)
class _Pages:
    """Follows the tokens of a listing, as boto3's paginators do."""

    call: Any
    size_parameter: str

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        config = parameters.pop("PaginationConfig", {})
        members = {name: value for name, value in parameters.items() if value != ""}
        if "PageSize" in config:
            members[self.size_parameter] = config["PageSize"]
        tokens: dict[str, Any] = {}
        while True:
            page = self.call(**members, **tokens)
            yield page
            tokens = {_TOKENS[name]: page[name] for name in _TOKENS if name in page}
            if not tokens:
                return


@cache
def operations(service: str) -> dict[str, str]:
    """Return a service's operations by the names of boto3's methods."""
    names = botocore.session.get_session().get_service_model(service).operation_names
    return {xform_name(name): name for name in names}


class FakeClient:
    """Checks parameters, records calls, fails when told to; operations are subclasses' methods."""

    service = ""
    size_parameter = "MaxResults"
    token_parameter = "NextToken"

    def __init_subclass__(cls) -> None:
        """Wrap the methods that are operations of the service's model."""
        names = operations(cls.service) if cls.service else {}
        for name in names.keys() & vars(cls).keys():
            setattr(cls, name, _checked(names[name], vars(cls)[name]))

    def __init__(self, page_size: int = 2) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._failures: dict[str, list[Exception | None]] = {}
        self._lock = threading.RLock()
        self._page_size = page_size

    def fail_next(self, operation: str, *errors: Exception | None) -> None:
        """Make the next calls of an operation (PutObject) raise these; None lets one pass."""
        self._failures.setdefault(operation, []).extend(errors)

    def calls_of(self, operation: str) -> list[dict[str, Any]]:
        """Return the parameters of every call of an operation so far."""
        return [parameters for name, parameters in self.calls if name == operation]

    def get_paginator(self, name: str) -> _Pages:
        return _Pages(getattr(self, name), self.size_parameter)

    def _page(self, field: str, items: list[Any], parameters: dict[str, Any]) -> dict[str, Any]:
        start = int(parameters.get(self.token_parameter, "0"))
        end = start + parameters.get(self.size_parameter, self._page_size)
        more = {self.token_parameter: str(end)} if end < len(items) else {}
        return {field: items[start:end], **more}

    def _begin(self, operation: str, parameters: dict[str, Any]) -> None:
        if broken := violations(self.service, operation, parameters):
            raise AssertionError("\n".join(broken))
        self.calls.append((operation, parameters))
        if self._failures.get(operation):
            error = self._failures[operation].pop(0)
            if error is not None:
                raise error


def _checked(operation: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method answer one call at a time, each checked and recorded."""

    def call(client: FakeClient, **parameters: Any) -> Any:
        with client._lock:
            client._begin(operation, parameters)
            return method(client, **parameters)

    return call


@dataclass(frozen=True)
class StoredVersion:
    """One version of an object in a `FakeS3`."""

    version_id: str
    body: bytes
    last_modified: datetime
    content_type: str = "binary/octet-stream"
    deleted: bool = False
    checksum: str = ""

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'


@dataclass
class Clock:
    """A time that only moves when told to, or by a step a reading."""

    time: datetime = START
    step: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        self.time += self.step
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class FakeEvents(FakeClient):
    """EventBridge with the published schema; `refuse_next` has error codes of the next entries."""

    service = "events"

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.refuse_next: list[str | None] = []

    def put_events(self, **parameters: Any) -> dict[str, Any]:
        answers: list[dict[str, str]] = []
        for entry in parameters["Entries"]:
            assert (entry["Source"], entry["EventBusName"]) == ("tunedrop", "default")
            detail = json.loads(entry["Detail"])
            names = {"source": entry["Source"], "detail-type": entry["DetailType"]}
            EVENTS_SCHEMA.validate({**names, "detail": detail})
            code = self.refuse_next.pop(0) if self.refuse_next else None
            answers.append({"ErrorCode": code} if code else {"EventId": "1"})
            if code is None:
                self.taken.append((entry["DetailType"], detail))
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}


class FakeS3(FakeClient):
    """A versioned S3 bucket (any bucket name is the same one) in memory.

    Parameters
    ----------
    clock
        Gives the objects' modification times.
    page_size
        Entries a page of listings, small so that paging is always exercised.
    """

    service = "s3"
    size_parameter = "MaxKeys"

    def __init__(self, clock: Clock | None = None, page_size: int = 3) -> None:
        super().__init__(page_size)
        self.clock = clock or Clock()
        self.versions: dict[str, list[StoredVersion]] = {}
        self.bytes_read = 0
        self.largest_copy = 5 * 1024**3
        self._counter = itertools.count(1)

    # for tests

    def put(
        self, key: str, body: bytes | str, *, begun: datetime | None = None, **more: str
    ) -> str:
        """Store an object as somebody else would; return its version id.

        `begun` is when a multipart upload began, by which S3 dates it; `more` its checksum.
        """
        body = body.encode() if isinstance(body, str) else body
        version = self._store(key, body, "binary/octet-stream")
        changes: dict[str, Any] = {"last_modified": begun or version.last_modified, **more}
        self.versions[key][-1] = replace(version, **changes)
        return version.version_id

    def body(self, key: str) -> bytes:
        """Return the newest body of a key; KeyError when there is none."""
        version = self._newest(key)
        if version is None:
            raise KeyError(key)
        return version.body

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys that exist, in S3's order."""
        names = (k for k in self.versions if k.startswith(prefix) and self._newest(k))
        return sorted(names, key=str.encode)

    def _begin(self, operation: str, parameters: dict[str, Any]) -> None:
        if place := parameters.get("CopySource"):
            # boto3 turns a dict into the text that the model has.
            text = quote("{Bucket}/{Key}".format_map(place)) + f"?versionId={place['VersionId']}"
            parameters = {**parameters, "CopySource": text}
        super()._begin(operation, parameters)

    # boto3's operations

    def put_object(self, **parameters: Any) -> dict[str, Any]:
        key, current = parameters["Key"], self._newest(parameters["Key"])
        if parameters.get("IfNoneMatch") == "*" and current is not None:
            raise self._error("PreconditionFailed", "PutObject")
        if "IfMatch" in parameters:
            if current is None:
                raise self._error("NoSuchKey", "PutObject")
            if parameters["IfMatch"].strip('"') != current.etag.strip('"'):
                raise self._error("PreconditionFailed", "PutObject")
        body = parameters.get("Body", b"")
        body = body if isinstance(body, bytes) else body.read()
        content_type = parameters.get("ContentType", "binary/octet-stream")
        version = self._store(key, body, content_type)
        return {"ETag": version.etag, "VersionId": version.version_id}

    def get_object(self, **parameters: Any) -> dict[str, Any]:
        version = self._find(parameters, "GetObject")
        body, extra = version.body, {}
        if "Range" in parameters:
            first, last = self._range(parameters["Range"], len(body))
            extra = {"ContentRange": f"bytes {first}-{last}/{len(body)}"}
            body = body[first : last + 1]
        self.bytes_read += len(body)
        return {
            **self._head(version),
            **extra,
            "ContentLength": len(body),
            "Body": StreamingBody(io.BytesIO(body), len(body)),
        }

    def head_object(self, **parameters: Any) -> dict[str, Any]:
        version = self._find(parameters, "HeadObject")
        if parameters.get("IfMatch", version.etag) != version.etag:
            raise self._error("PreconditionFailed", "HeadObject")
        is_requested = parameters.get("ChecksumMode") == "ENABLED" and version.checksum
        more = {"ChecksumCRC64NVME": version.checksum} if is_requested else {}
        return {**self._head(version), "ContentLength": len(version.body), **more}

    def delete_object(self, **parameters: Any) -> dict[str, Any]:
        marker = StoredVersion(self._next_id(), b"", self.clock(), deleted=True)
        self.versions.setdefault(parameters["Key"], []).append(marker)
        return {"DeleteMarker": True, "VersionId": marker.version_id}

    def copy_object(self, **parameters: Any) -> dict[str, Any]:
        source = self._find(parameters["CopySource"], "CopyObject")
        if len(source.body) > self.largest_copy:
            raise self._error("InvalidRequest", "CopyObject")
        version = self._store(parameters["Key"], source.body, source.content_type)
        return {"CopyObjectResult": {"ETag": version.etag}, "VersionId": version.version_id}

    def copy(self, source: dict[str, str], bucket: str, key: str, **_: Any) -> None:
        """Copy as boto3 does: no size is too large."""
        with self._lock:
            self.calls.append(("copy", {"CopySource": source, "Bucket": bucket, "Key": key}))
            original = self._find(source, "HeadObject")
            self._store(key, original.body, original.content_type)

    def list_objects_v2(self, **parameters: Any) -> dict[str, Any]:
        prefix, delimiter = parameters.get("Prefix", ""), parameters.get("Delimiter", "")
        after = parameters.get("ContinuationToken", parameters.get("StartAfter", ""))
        page: dict[str, Any] = {"IsTruncated": False}
        folders: list[str] = []
        contents: list[dict[str, Any]] = []
        last = ""
        for key in self.keys(prefix):
            if key.encode() <= after.encode():
                continue
            rest = key[len(prefix) :]
            folder = prefix + rest.split(delimiter)[0] + delimiter if delimiter else ""
            in_folder = bool(delimiter) and delimiter in rest
            if in_folder and (folder in folders or after.startswith(folder)):
                continue
            if len(folders) + len(contents) >= parameters.get("MaxKeys", self._page_size):
                page |= {"IsTruncated": True, "NextContinuationToken": last}
                break
            if in_folder:
                folders.append(folder)
            else:
                contents.append(self._entry(key))
            last = key
        if folders:
            page["CommonPrefixes"] = [{"Prefix": folder} for folder in folders]
        if contents:
            page["Contents"] = contents
        return {**page, "KeyCount": len(folders) + len(contents)}

    def list_object_versions(self, **parameters: Any) -> dict[str, Any]:
        entries = list(self._all_versions(parameters.get("Prefix", "")))
        if "KeyMarker" in parameters:
            marker = (parameters["KeyMarker"], parameters["VersionIdMarker"])
            position = [(key, version.version_id) for key, version, _ in entries].index(marker)
            entries = entries[position + 1 :]
        size = parameters.get("MaxKeys", self._page_size)
        page: dict[str, Any] = {"IsTruncated": len(entries) > size}
        if page["IsTruncated"]:
            key, version, _ = entries[size - 1]
            page |= {"NextKeyMarker": key, "NextVersionIdMarker": version.version_id}
        for key, version, newest in entries[:size]:
            entry = {
                "Key": key,
                "VersionId": version.version_id,
                "IsLatest": newest,
                "LastModified": version.last_modified,
            }
            if version.deleted:
                page.setdefault("DeleteMarkers", []).append(entry)
            else:
                entry |= {"ETag": version.etag, "Size": len(version.body)}
                page.setdefault("Versions", []).append(entry)
        return page

    def _all_versions(self, prefix: str) -> Iterator[tuple[str, StoredVersion, bool]]:
        for key in sorted(self.versions, key=str.encode):
            if key.startswith(prefix):
                for position, version in enumerate(reversed(self.versions[key])):
                    yield key, version, position == 0

    def _entry(self, key: str) -> dict[str, Any]:
        version = self.versions[key][-1]
        return {
            "Key": key,
            "ETag": version.etag,
            "Size": len(version.body),
            "LastModified": version.last_modified,
        }

    def _store(self, key: str, body: bytes, content_type: str) -> StoredVersion:
        version = StoredVersion(self._next_id(), body, self.clock(), content_type)
        self.versions.setdefault(key, []).append(version)
        return version

    def _next_id(self) -> str:
        return f"version-{next(self._counter):04d}"

    def _newest(self, key: str) -> StoredVersion | None:
        versions = self.versions.get(key)
        return None if not versions or versions[-1].deleted else versions[-1]

    def _find(self, parameters: dict[str, Any], operation: str) -> StoredVersion:
        key, version_id = parameters["Key"], parameters.get("VersionId")
        if version_id is None:
            newest = self._newest(key)
            if newest is None:
                code = "404" if operation == "HeadObject" else "NoSuchKey"
                raise self._error(code, operation)
            return newest
        for version in self.versions.get(key, ()):
            if version.version_id == version_id and not version.deleted:
                return version
        raise self._error("NoSuchVersion", operation)

    def _range(self, text: str, size: int) -> tuple[int, int]:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", text)
        if match is None:
            raise AssertionError(f"a range that this fake does not know: {text}")
        first = int(match[1])
        last = min(int(match[2]) if match[2] else size - 1, size - 1)
        if first >= size:
            raise self._error("InvalidRange", "GetObject")
        return first, last

    @staticmethod
    def _head(version: StoredVersion) -> dict[str, Any]:
        return {
            "ETag": version.etag,
            "VersionId": version.version_id,
            "LastModified": version.last_modified,
            "ContentType": version.content_type,
        }

    @staticmethod
    def _error(code: str, operation: str) -> ClientError:
        status, message = _MESSAGES[code]
        return client_error(code, status, message, operation)


def object_created(key: Any, time: str, bucket: str = "bucket", /, **more: Any) -> dict[str, Any]:
    """Make the event that S3 sends of a new object; `more` is said of the object."""
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "time": time,
        "detail": {"bucket": {"name": bucket}, "object": {"key": key, **more}},
    }
