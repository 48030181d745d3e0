"""A run's folder in the bucket, read; and its copy on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING = ("NoSuchKey", "404")


@dataclass(frozen=True)
class RunFolder:
    """`runs/<dataset>/<run id>/` of a bucket."""

    s3: S3Client
    bucket: str
    dataset: str
    run_id: str

    @property
    def prefix(self) -> str:
        """The prefix of all its keys."""
        return f"runs/{self.dataset}/{self.run_id}/"

    def read(self, name: str) -> Any:
        """Return a JSON file of the run; None while it isn't there."""
        return read_json(self.s3, self.bucket, self.prefix + name)

    def copy_to(self, folder: Path) -> list[Path]:
        """Copy the run's files, and its model when it kept one; return their places."""
        copies = {key: folder / key.removeprefix(self.prefix) for key in self._keys(self.prefix)}
        models = f"models/{self.dataset}/{self.run_id}/"
        copies |= {key: folder / key.removeprefix(models) for key in self._keys(models)}
        root = folder.resolve()
        for key, target in copies.items():
            if not target.resolve().is_relative_to(root):
                raise ValueError(f"The key {key} of the run would be written outside of {folder}.")
            target.parent.mkdir(parents=True, exist_ok=True)
            self.s3.download_file(self.bucket, key, str(target))
        return list(copies.values())

    def _keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def run_ids(s3: S3Client, bucket: str, dataset: str) -> list[str]:
    """Return the ids of all runs of a dataset, oldest first."""
    prefix = f"runs/{dataset}/"
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter="/"
    )
    return sorted(
        entry["Prefix"].removeprefix(prefix).rstrip("/")
        for page in pages
        for entry in page.get("CommonPrefixes", [])
    )


def read_json(s3: S3Client, bucket: str, key: str) -> Any:
    """Return the contents of an object; None when there is none."""
    try:
        return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            return None
        raise
