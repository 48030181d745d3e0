"""The bucket as it would be after a drop, though nothing is uploaded: what PlanRun rehearses on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from tunedrop.errors import TunedropError
from tunedrop.storage import Bucket, ObjectNotFound, ObjectTooLarge, ObjectVersion

# Where there is no deployment to name one.
_NO_BUCKET = "bucket"
_VERSION = "local"


@dataclass(frozen=True, kw_only=True)
class RehearsalBucket(Bucket):
    """Files of this machine under their keys, over a deployment's bucket if there is one.

    Parameters
    ----------
    files
        A file for each key.
    deployed
        Whether `client` and `name` are those of a deployment, whose earlier runs and champion are
        then read.
    hidden
        Prefixes whose objects in the deployment's bucket count as deleted.

    Nothing is ever written.
    """

    files: Mapping[str, Path]
    deployed: bool
    hidden: tuple[str, ...] = ()

    @classmethod
    def over(
        cls, bucket: Bucket | None, files: Mapping[str, Path], *, hidden: tuple[str, ...] = ()
    ) -> RehearsalBucket:
        """Lay files over a deployment's bucket, or over nothing."""
        if bucket is None:
            return cls(cast("object", None), _NO_BUCKET, files=files, deployed=False)  # type: ignore[arg-type]
        return cls(bucket.client, bucket.name, files=files, deployed=True, hidden=hidden)

    def read_range(self, key: str, start: int, length: int, *, version_id: str | None) -> bytes:
        """Read from a file, or from the deployment's bucket."""
        if key not in self.files:
            self._refuse_missing(key)
            return super().read_range(key, start, length, version_id=version_id)
        if length <= 0:
            return b""
        with self.files[key].open("rb") as file:
            file.seek(start)
            return file.read(length)

    def exists(self, key: str) -> bool:
        """Tell whether there is a file or an object of this key."""
        return key in self.files or (self._is_visible(key) and super().exists(key))

    def copy_version(self, source: str, version_id: str, target: str) -> None:
        """Leave everything where it is: a plan needs the names of copies only."""

    def put(self, key: str, body: bytes, content_type: str = "") -> None:
        """Refuse."""
        raise TunedropError(f"{key} is not written: this is a rehearsal")

    def delete(self, key: str) -> None:
        """Refuse."""
        raise TunedropError(f"{key} is not deleted: this is a rehearsal")

    def list_keys(self, prefix: str, *, start_after: str = "") -> Iterator[str]:
        """List the deployment's keys: no caller wants those of a dataset."""
        return super().list_keys(prefix, start_after=start_after) if self.deployed else iter(())

    def list_folders(self, prefix: str) -> Iterator[str]:
        """List the deployment's folders: no caller wants those of a dataset."""
        return super().list_folders(prefix) if self.deployed else iter(())

    def list_newest_versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """List the files, and the deployment's objects that they leave in place."""
        found = {key: _version_of(key, self.files[key]) for key in self.files}
        if self.deployed and not prefix.startswith(self.hidden):
            others = super().list_newest_versions(prefix)
            found |= {v.key: v for v in others if v.key not in found and self._is_visible(v.key)}
        for key in sorted(found, key=str.encode):
            if key.startswith(prefix):
                yield found[key]

    def _read(self, key: str, version_id: str | None, limit: int) -> tuple[bytes, str]:
        if key not in self.files:
            self._refuse_missing(key)
            return super()._read(key, version_id, limit)
        if (size := self.files[key].stat().st_size) > limit:
            raise ObjectTooLarge(f"{self.files[key]} has {size} bytes, more than {limit}")
        return self.files[key].read_bytes(), ""

    def _put_if(self, key: str, body: bytes, content_type: str, **condition: str) -> bool:
        raise TunedropError(f"{key} is not written: this is a rehearsal")

    def _is_visible(self, key: str) -> bool:
        return self.deployed and not key.startswith(self.hidden)

    def _refuse_missing(self, key: str) -> None:
        if not self._is_visible(key):
            raise ObjectNotFound(f"There is no object {key}")


def _version_of(key: str, file: Path) -> ObjectVersion:
    stat = file.stat()
    modified = datetime.fromtimestamp(stat.st_mtime, UTC)
    return ObjectVersion(key, _VERSION, etag="", bytes=stat.st_size, last_modified=modified)
