"""A dry run of PlanRun's code on local files: the plan of a dataset, or its rejection."""

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
from tunedrop.objects import ObjectNotFound, ObjectTooLarge, ObjectVersion
from tunedrop.run_record import Run, digest_of, run_id_of
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan

_M5_SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge")
# The values of cdk.json; a test compares them.
DEFAULT_ENVIRONMENT = PlanRunEnvironment(
    bucket="bucket",
    job_prefix="00000000",
    limits=Limits(
        max_training_jobs=300,
        max_parallel_training_jobs=10,
        max_runtime_seconds=86_400,
        max_training_job_seconds=14_400,
        instance_types=tuple(f"ml.m5.{size}" for size in _M5_SIZES),
        max_dataset_bytes=10 * 1024**3,
        max_cost_usd=25,
    ),
    spot=False,
    training_image="",
)


def plan_locally(dataset: DatasetFiles, stack: Stack | None, *, keep_others: bool = False) -> Plan:
    """Return the plan that PlanRun would make.

    Parameters
    ----------
    stack
        The deployment with its limits, the earlier runs and the champion; None for the default
        limits.
    keep_others
        Whether objects of the dataset that are only in the bucket belong to it.

    Raises
    ------
    UserInputError
        If PlanRun would reject the dataset.
    """
    from tunedrop.planning.resolve import make_plan  # imports scikit-learn, which takes seconds

    hidden = () if keep_others else (dataset.folder, f"{keys.DATASETS}{dataset.dataset}.")
    environment = stack.plan_run if stack else DEFAULT_ENVIRONMENT
    # Without a stack nothing calls the clients.
    no_client: Any = None
    bucket = DryRunBucket(
        client=stack.s3 if stack else no_client,
        name=environment.bucket,
        files=dataset.files,
        hidden=hidden,
    )
    objects = list_objects(bucket, dataset.dataset)
    digest = digest_of(objects)
    run = Run(dataset.dataset, run_id_of(datetime.now(UTC), digest), digest, objects)
    sagemaker = stack.sagemaker if stack else no_client
    return make_plan(bucket, sagemaker, run, environment, stack.price_list if stack else None)


@dataclass(frozen=True, kw_only=True)
class DryRunBucket(Bucket):
    """Local files under their keys, on top of a deployment's bucket if there is one; read-only.

    Parameters
    ----------
    client
        S3 client of the deployment; None for no deployment.
    files
        A file for each key.
    hidden
        Prefixes of objects in the deployment's bucket that count as deleted.
    """

    files: Mapping[str, Path]
    hidden: tuple[str, ...] = ()

    def read_range(self, key: str, start: int, length: int, *, version_id: str | None) -> bytes:
        """Read from a file, or from the deployment's bucket."""
        if key not in self.files:
            return super().read_range(key, start, length, version_id=version_id)
        with self.files[key].open("rb") as file:
            file.seek(start)
            return file.read(length)

    def exists(self, key: str) -> bool:
        """Return whether there is a file or an object of this key."""
        return key in self.files or (self.client is not None and super().exists(key))

    def copy_version(self, source: ObjectVersion, target: str, *, part_bytes: int = 0) -> None:
        """Copy nothing: a plan needs only the names of copies."""

    def put(self, key: str, body: bytes, content_type: str = "", **condition: Any) -> None:
        """Write nothing."""

    def pages(self, operation: str, **parameters: Any) -> Iterator[Any]:
        """List in pages what the deployment has."""
        return super().pages(operation, **parameters) if self.client else iter(())

    def list_objects(self, prefix: str) -> Iterator[ObjectVersion]:
        """Yield the files, and the deployment's objects beside them, in the order of their keys."""
        versions = {key: _version_of(key, self.files[key]) for key in self.files}
        if not prefix.startswith(self.hidden):
            for version in super().list_objects(prefix):
                if not version.key.startswith(self.hidden):
                    versions.setdefault(version.key, version)
        for key in sorted(versions, key=str.encode):
            if key.startswith(prefix):
                yield versions[key]

    def _read(self, key: str, version_id: str | None, limit: int) -> tuple[bytes, str]:
        if key not in self.files:
            if self.client is None:
                raise ObjectNotFound(f"There is no object {key}")
            return super()._read(key, version_id, limit)
        if (size := self.files[key].stat().st_size) > limit:
            raise ObjectTooLarge(f"{self.files[key]} has {size} bytes, more than {limit}")
        return self.files[key].read_bytes(), ""


def _version_of(key: str, file: Path) -> ObjectVersion:
    stat = file.stat()
    modified = datetime.fromtimestamp(stat.st_mtime, UTC)
    return ObjectVersion(key, "local", etag="", bytes=stat.st_size, last_modified=modified)
