"""Objects of the bucket as all parts know them: versions, data files, and what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import ValidationError

from tunedrop.errors import TunedropError, UnreadableState


@dataclass(frozen=True)
class ObjectVersion:
    """One version of one object.

    A listing shows neither `version_id` nor `checksum`: both are "" until `Bucket.head_version` has
    asked for them. `checksum` is S3's of the contents; "" where S3 has none.
    """

    key: str
    version_id: str
    etag: str
    bytes: int
    last_modified: datetime
    checksum: str = ""

    @property
    def as_listed(self) -> ObjectVersion:
        """The object as a listing shows it."""
        return replace(self, version_id="", checksum="")


@dataclass(frozen=True)
class DataFile:
    """A data file; `path` is its place below the dataset's folder."""

    path: str
    version: ObjectVersion


class ObjectNotFound(TunedropError):
    """There is no such object, or no such version of it."""


class ObjectTooLarge(TunedropError):
    """An object is bigger than what the caller is ready to read."""


@contextmanager
def parsing(bucket: str, key: str) -> Iterator[None]:
    """Raise `UnreadableState` when an object of ours cannot be parsed.

    The parser's own error is left out of it: that quotes the object, and Lambda logs whole chains.
    """
    try:
        yield
    except ValidationError as error:
        raise UnreadableState(bucket, key, error.errors()[0]["type"]) from None
    except (ValueError, RecursionError) as error:
        raise UnreadableState(bucket, key, type(error).__name__) from None
