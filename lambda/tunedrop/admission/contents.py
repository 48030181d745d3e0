"""A dataset's contents as they are now: its objects, its marker file, their versions.

Versions and checksums take a request for each object, once for each listing, so a dataset without
news is cheap to evaluate.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import yaml
from pydantic import TypeAdapter

from tunedrop import keys
from tunedrop.datasets.layout import has_training_data, list_objects
from tunedrop.errors import TransientAwsError, UnreadableState
from tunedrop.objects import ObjectNotFound, ObjectTooLarge, ObjectVersion
from tunedrop.storage import Bucket

# PlanRun rejects a larger tuning.yaml.
_CONFIG_LIMIT = 1024 * 1024
_COMPLETE_WHEN = "complete_when"
_PARALLEL_HEADS = 16
_VERSIONS = TypeAdapter(tuple[ObjectVersion, ...])

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


class ContentsChanged(TransientAwsError):
    """An object was replaced or deleted after it was listed."""


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
    marker = bucket.newest_version(folder + name)
    return Contents(dataset, data, folder + name, marker.last_modified if marker else None)


def read_versions(bucket: Bucket, contents: Contents) -> tuple[ObjectVersion, ...]:
    """Return the objects with their versions and S3's checksums, stored for the newest listing.

    Raises
    ------
    ContentsChanged
        If an object is not the listed one any more.
    """
    key = keys.versions(contents.dataset)
    try:
        stored = bucket.find_record(key, tuple[ObjectVersion, ...])
    except UnreadableState as error:
        logger.warning("versions are requested again: %s", error)
        stored = None
    if stored is not None and tuple(o.as_listed for o in stored) == contents.objects:
        return stored
    with ThreadPoolExecutor(_PARALLEL_HEADS) as pool:
        answers = list(pool.map(bucket.head_version, contents.objects))
    versions = tuple(version for version in answers if version is not None)
    if len(versions) < len(answers):
        raise ContentsChanged(f"Files of {contents.dataset} changed while Admit looked at them")
    bucket.put(key, _VERSIONS.dump_json(versions))
    return versions


def _read_marker_file(
    bucket: Bucket, folder: str, objects: tuple[ObjectVersion, ...]
) -> str | None:
    """Return the marker file that tuning.yaml names; PlanRun reports faults of that file."""
    config = next((o for o in objects if o.key == folder + keys.TUNING_CONFIG), None)
    if config is None:
        return None
    try:
        body = bucket.read(config.key, limit=_CONFIG_LIMIT)
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
