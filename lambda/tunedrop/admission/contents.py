"""A dataset's contents as they are now: its objects, its marker file, their versions.

Versions and checksums take a request for each object, once for each listing, so a dataset without
news is cheap to evaluate.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import yaml
from pydantic import TypeAdapter

from tunedrop import keys
from tunedrop.datasets.layout import has_training_data, list_objects
from tunedrop.environment import StartOn
from tunedrop.errors import TransientAwsError, UnreadableState
from tunedrop.objects import ObjectNotFound, ObjectTooLarge, ObjectVersion
from tunedrop.storage import Bucket

# PlanRun rejects a larger tuning.yaml.
_CONFIG_LIMIT = 1024 * 1024
# Its keys that PlanRun leaves to Admit.
_COMPLETE_WHEN, _START_ON = "complete_when", "start_on"
_STARTS: tuple[StartOn, ...] = get_args(StartOn)
_PARALLEL_HEADS = 16
_VERSIONS = TypeAdapter(tuple[ObjectVersion, ...])

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contents:
    """A dataset's objects, in the order of their keys, without its marker file.

    `marker_file` is that file's key, "" if a quiet period decides; `completed` is when it was
    written, None if it is missing. `start_on` is what tuning.yaml says, () for nothing.
    """

    dataset: str
    objects: tuple[ObjectVersion, ...]
    marker_file: str = ""
    completed: datetime | None = None
    start_on: tuple[StartOn, ...] = ()

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
    config = _read_config(bucket, folder, objects)
    start_on = _find_start_on(config)
    name = _find_marker_file(config) or marker_file
    if not name:
        return Contents(dataset, objects, start_on=start_on)
    data = tuple(o for o in objects if o.key != folder + name)
    marker = bucket.newest_version(folder + name)
    completed = marker.last_modified if marker else None
    return Contents(dataset, data, folder + name, completed, start_on)


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


def _read_config(bucket: Bucket, folder: str, objects: tuple[ObjectVersion, ...]) -> dict[str, Any]:
    """Return tuning.yaml if it may have keys for Admit; PlanRun reports faults of that file."""
    if not any(o.key == folder + keys.TUNING_CONFIG for o in objects):
        return {}
    try:
        body = bucket.read(folder + keys.TUNING_CONFIG, limit=_CONFIG_LIMIT)
    except (ObjectNotFound, ObjectTooLarge):
        return {}
    if not any(key.encode() in body for key in (_COMPLETE_WHEN, _START_ON)):
        return {}
    try:
        config = yaml.safe_load(body)
    except (yaml.YAMLError, ValueError, RecursionError):
        logger.info("tuning.yaml cannot be read: PlanRun reports the fault")
        return {}
    return config if isinstance(config, dict) else {}


def _find_marker_file(config: dict[str, Any]) -> str | None:
    complete_when = config.get(_COMPLETE_WHEN)
    name = complete_when.get("marker_file") if isinstance(complete_when, dict) else None
    return name if isinstance(name, str) else None


def _find_start_on(config: dict[str, Any]) -> tuple[StartOn, ...]:
    listed = config.get(_START_ON)
    if not isinstance(listed, list) or not all(start in _STARTS for start in listed):
        return ()
    return tuple(listed)
