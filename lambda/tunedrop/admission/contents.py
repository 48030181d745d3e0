"""A dataset's contents as they are now: its objects, its marker file, and S3's checksums.

Checksums are requested once for each listing, so a dataset without news is cheap to evaluate.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import yaml
from pydantic import BaseModel

from tunedrop import keys
from tunedrop.datasets.layout import has_training_data, list_objects
from tunedrop.errors import UnreadableState
from tunedrop.objects import ObjectNotFound, ObjectTooLarge, ObjectVersion
from tunedrop.run_record import sha256_of
from tunedrop.storage import Bucket

# PlanRun rejects a larger tuning.yaml.
_CONFIG_LIMIT = 1024 * 1024
_COMPLETE_WHEN = "complete_when"
_PARALLEL_HEADS = 16

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contents:
    """A dataset's objects, in the order of their keys, without its marker file.

    `marker_file` is that file's key, "" if a quiet period decides; `completed` is when it was
    written, None if it is missing.
    """

    dataset: str
    objects: tuple[ObjectVersion, ...]
    marker_file: str = ""
    completed: datetime | None = None

    @property
    def newest(self) -> ObjectVersion:
        """The newest object."""
        return max(self.objects, key=lambda o: (o.last_modified, o.key))

    @property
    def has_training_data(self) -> bool:
        """Whether there is any file but tuning.yaml and test files."""
        return has_training_data(self.objects, self.dataset)

    @property
    def is_complete(self) -> bool:
        """Whether the marker file exists and no object is newer."""
        return self.completed is not None and self.newest.last_modified <= self.completed


class _Checksums(BaseModel):
    """admission/<dataset>/checksums.json: the checksums of one listing, by key."""

    listing: str
    checksums: dict[str, str]


def read_contents(bucket: Bucket, dataset: str, marker_file: str | None) -> Contents:
    """Return a dataset's contents.

    Parameters
    ----------
    marker_file
        The deployment's, which tuning.yaml may override. A dataset of a single file has none,
        because S3 writes an object as a whole.

    Raises
    ------
    DatasetError
        If it can be no dataset: too many files, or a replaced part file.
    """
    objects = list_objects(bucket, dataset)
    folder = f"{keys.DATASETS}{dataset}/"
    if not any(o.key.startswith(folder) for o in objects):
        return Contents(dataset, objects)
    name = _read_marker_file(bucket, folder, objects) or marker_file
    if not name:
        return Contents(dataset, objects)
    data = tuple(o for o in objects if o.key != folder + name)
    return Contents(dataset, data, folder + name, bucket.last_modified(folder + name))


def add_checksums(bucket: Bucket, contents: Contents) -> tuple[ObjectVersion, ...]:
    """Return the objects with S3's checksums, which are stored for the newest listing."""
    key = keys.checksums(contents.dataset)
    listing = _listing_digest(contents.objects)
    try:
        stored = bucket.find_record(key, _Checksums)
    except UnreadableState as error:
        logger.warning("checksums are requested again: %s", error)
        stored = None
    if stored is not None and stored.listing == listing:
        checksums = stored.checksums
    else:
        with ThreadPoolExecutor(_PARALLEL_HEADS) as pool:
            answers = pool.map(lambda o: bucket.checksum(o.key, o.version_id), contents.objects)
            checksums = {o.key: a for o, a in zip(contents.objects, answers, strict=True) if a}
        bucket.put_json(key, {"listing": listing, "checksums": checksums})
    return tuple(replace(o, checksum=checksums.get(o.key, "")) for o in contents.objects)


def _listing_digest(objects: tuple[ObjectVersion, ...]) -> str:
    """Return the SHA-256 over the versions in a listing."""
    return sha256_of(part for o in objects for part in (o.key, o.version_id, o.etag))


def _read_marker_file(
    bucket: Bucket, folder: str, objects: tuple[ObjectVersion, ...]
) -> str | None:
    """Return the marker file that tuning.yaml names; PlanRun reports faults of that file."""
    config = next((o for o in objects if o.key == folder + keys.TUNING_CONFIG), None)
    if config is None:
        return None
    try:
        body = bucket.read(config.key, version_id=config.version_id, limit=_CONFIG_LIMIT)
    except (ObjectNotFound, ObjectTooLarge):
        return None
    if _COMPLETE_WHEN.encode() not in body:
        return None
    try:
        name = yaml.safe_load(body)[_COMPLETE_WHEN]["marker_file"]
    except (yaml.YAMLError, KeyError, TypeError, ValueError, RecursionError):
        logger.info("complete_when of tuning.yaml cannot be read: PlanRun reports the fault")
        return None
    return name if isinstance(name, str) else None
