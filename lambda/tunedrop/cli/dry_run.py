"""What PlanRun would decide about a dataset, or refuse: its own code, on files of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunedrop import keys
from tunedrop.cli.arguments import DatasetFiles
from tunedrop.cli.stack import Stack
from tunedrop.datasets.layout import list_objects
from tunedrop.environment import Limits, PlanRunEnvironment
from tunedrop.errors import TunedropError
from tunedrop.objects import ObjectNotFound, ObjectTooLarge, ObjectVersion
from tunedrop.run_record import Run, digest_of, run_id_of
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan

# What cdk.json says unless somebody changes it; a test holds both together.
DEFAULT_ENVIRONMENT = PlanRunEnvironment(
    bucket="bucket",
    job_prefix="00000000",
    limits=Limits(
        max_training_jobs=300,
        max_parallel_training_jobs=10,
        max_runtime_seconds=86_400,
        max_training_job_seconds=14_400,
        instance_types=(
            "ml.m5.large",
            "ml.m5.xlarge",
            "ml.m5.2xlarge",
            "ml.m5.4xlarge",
            "ml.m5.12xlarge",
        ),
        max_dataset_bytes=10 * 1024**3,
        max_cost_usd=25,
    ),
    copy_limit_bytes=5 * 1024**3,
    spot=False,
    training_image="",
)
# Where there is no deployment to name one.
_NO_BUCKET = "bucket"
_VERSION = "local"


def plan_locally(
    dropped: DatasetFiles,
    stack: Stack | None,
    environment: PlanRunEnvironment,
    *,
    keep_others: bool = False,
) -> Plan:
    """Make the plan that PlanRun would make.

    Parameters
    ----------
    stack
        The deployment whose earlier runs and champion count; None for none.
    keep_others
        Objects of the dataset that are in the bucket and not among the files belong to it too.

    Raises
    ------
    UserInputError
        What PlanRun would refuse.
    """
    from tunedrop.planning.resolve import make_plan  # and scikit-learn, which takes seconds

    hidden = () if keep_others else (dropped.folder, f"{keys.DATASETS}{dropped.dataset}.")
    nothing: Any = None
    bucket = DryRunBucket(
        client=stack.s3 if stack else nothing,
        name=stack.bucket_name if stack else _NO_BUCKET,
        files=dropped.files,
        hidden=hidden,
    )
    now = datetime.now(UTC)
    objects = list_objects(bucket, dropped.dataset)
    digest = digest_of(objects)
    run = Run(dropped.dataset, run_id_of(now, digest), digest, objects)
    # It is asked about earlier tuning jobs only, and without a stack there are none.
    sagemaker = stack.sagemaker if stack else nothing
    return make_plan(bucket, sagemaker, run, environment, stack.price_list if stack else None)


@dataclass(frozen=True, kw_only=True)
class DryRunBucket(Bucket):
    """Files of this machine under their keys, over a deployment's bucket if there is one.

    Nothing is ever written.

    Parameters
    ----------
    client
        That of the deployment, whose earlier runs and champion are then read; None for none.
    files
        A file for each key.
    hidden
        Prefixes whose objects in the deployment's bucket count as deleted.
    """

    files: Mapping[str, Path]
    hidden: tuple[str, ...] = ()

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
        """Return whether there is a file or an object of this key."""
        return key in self.files or (self._is_visible(key) and super().exists(key))

    def copy_version(self, source: ObjectVersion, target: str, *, part_bytes: int = 0) -> None:
        """Leave everything where it is: a plan needs the names of copies only."""

    def put(self, key: str, body: bytes, content_type: str = "", **condition: Any) -> None:
        """Refuse."""
        raise TunedropError(f"{key} is not written: this is a dry run")

    def list_keys(self, prefix: str) -> Iterator[str]:
        """List the deployment's keys: no caller wants those of a dataset."""
        return super().list_keys(prefix) if self.client else iter(())

    def list_folders(self, prefix: str) -> Iterator[str]:
        """List the deployment's folders: no caller wants those of a dataset."""
        return super().list_folders(prefix) if self.client else iter(())

    def list_newest_versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """List the files, and the deployment's objects that they leave in place."""
        found = {key: _version_of(key, self.files[key]) for key in self.files}
        if self.client and not prefix.startswith(self.hidden):
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

    def _is_visible(self, key: str) -> bool:
        return self.client is not None and not key.startswith(self.hidden)

    def _refuse_missing(self, key: str) -> None:
        if not self._is_visible(key):
            raise ObjectNotFound(f"There is no object {key}")


def _version_of(key: str, file: Path) -> ObjectVersion:
    stat = file.stat()
    modified = datetime.fromtimestamp(stat.st_mtime, UTC)
    return ObjectVersion(key, _VERSION, etag="", bytes=stat.st_size, last_modified=modified)
