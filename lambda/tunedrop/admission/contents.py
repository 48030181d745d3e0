"""A dataset's contents as they are now: its objects, its manifest, and S3's checksums of them.

A look at a dataset is cheap as long as nothing is new: checksums are asked for once a listing.
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

# tuning.yaml is read whole or not at all; PlanRun says what is wrong with a larger one.
_CONFIG_LIMIT = 1024 * 1024
_COMPLETE_WHEN = "complete_when"
_PARALLEL_HEADS = 16

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contents:
    """A dataset's objects, in the order of their keys, without its manifest.

    `manifest` is the key of the file that makes it complete, "" where a pause does;
    `completed` is when that file was written, None while it is not there.
    """

    dataset: str
    objects: tuple[ObjectVersion, ...]
    manifest: str = ""
    completed: datetime | None = None

    @property
    def newest(self) -> ObjectVersion:
        """The object that was written last."""
        return max(self.objects, key=lambda o: (o.last_modified, o.key))

    @property
    def has_training_data(self) -> bool:
        """Whether anything but tuning.yaml and test files is there."""
        return has_training_data(self.objects, self.dataset)

    @property
    def is_complete(self) -> bool:
        """Whether the manifest is there, and no object was written after it."""
        return self.completed is not None and self.newest.last_modified <= self.completed


class _Checksums(BaseModel):
    """claims/<dataset>/checksums.json: the answers for one listing, by key."""

    listing: str
    checksums: dict[str, str]


def read_contents(bucket: Bucket, dataset: str, manifest: str | None) -> Contents:
    """List a dataset; `manifest` is the deployment's, which tuning.yaml may override.

    A dataset of a single file beside the folders has no manifest: an object is there as a whole.

    Raises
    ------
    DatasetError
        When it can be no dataset: too many files, or a table of which files were replaced.
    """
    objects = list_objects(bucket, dataset)
    folder = f"{keys.DATASETS}{dataset}/"
    if not any(o.key.startswith(folder) for o in objects):
        return Contents(dataset, objects)
    name = _manifest_of(bucket, folder, objects) or manifest
    if not name:
        return Contents(dataset, objects)
    data = tuple(o for o in objects if o.key != folder + name)
    return Contents(dataset, data, folder + name, bucket.last_modified(folder + name))


def with_checksums(bucket: Bucket, contents: Contents) -> tuple[ObjectVersion, ...]:
    """Return the objects with S3's checksums; the answers for the newest listing are kept."""
    key = keys.checksums(contents.dataset)
    listing = listing_digest(contents.objects)
    try:
        answered = bucket.find_record(key, _Checksums)
    except UnreadableState as error:
        logger.warning("S3 is asked again: %s", error)
        answered = None
    if answered is not None and answered.listing == listing:
        checksums = answered.checksums
    else:
        with ThreadPoolExecutor(_PARALLEL_HEADS) as pool:
            answers = pool.map(lambda o: bucket.checksum(o.key, o.version_id), contents.objects)
            checksums = {o.key: a for o, a in zip(contents.objects, answers, strict=True) if a}
        bucket.put_json(key, {"listing": listing, "checksums": checksums})
    return tuple(replace(o, checksum=checksums.get(o.key, "")) for o in contents.objects)


def listing_digest(objects: tuple[ObjectVersion, ...]) -> str:
    """Return the SHA-256 over the versions that a listing shows."""
    return sha256_of(part for o in objects for part in (o.key, o.version_id, o.etag))


def _manifest_of(bucket: Bucket, folder: str, objects: tuple[ObjectVersion, ...]) -> str | None:
    """Return the manifest that tuning.yaml names; its faults are left to PlanRun."""
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
        found = yaml.safe_load(body)
        name = found[_COMPLETE_WHEN]["manifest"]
    except (yaml.YAMLError, KeyError, TypeError, ValueError, RecursionError):
        logger.info("complete_when of tuning.yaml cannot be read: PlanRun says what is wrong")
        return None
    return name if isinstance(name, str) else None
