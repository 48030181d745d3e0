"""Runs as a person names them, and a run's folder in the bucket, read and copied."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.cli.errors import CommandError
from tunedrop.errors import RunNotFoundError
from tunedrop.records import is_run_id
from tunedrop.run_record import RunFolder
from tunedrop.storage import Bucket
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Plan

_PARALLEL = 16


class _Claim(BaseModel):
    """run.json, as far as the command needs it."""

    execution: str


@dataclass(frozen=True)
class RunFiles(RunFolder):
    """`runs/<dataset>/<run id>/` of a bucket."""

    bucket: Bucket

    def __str__(self) -> str:
        return f"{self.dataset}/{self.run_id}"

    def uri(self, name: str = "") -> str:
        """Return the S3 URI of one of its files, or of itself."""
        return f"s3://{self.bucket.name}/{self.key(name)}"

    def read(self, name: str) -> Any:
        """Return a JSON file of the run; None while it is not there."""
        return self.bucket.find_json(self.key(name))

    def plan(self) -> Plan | None:
        """Return the run's plan; None while there is none."""
        return self.bucket.find_record(self.key("plan.json"), Plan)

    def execution(self) -> str:
        """Return the ARN of the run's execution."""
        claim = self.bucket.find_record(self.key("run.json"), _Claim)
        if claim is None:
            raise RunNotFoundError("There is no such run", found=quote(str(self), 200))
        return claim.execution

    def files(self) -> set[str]:
        """Return the names of the files that it has."""
        prefix = self.key("")
        return {key.removeprefix(prefix) for key in self.bucket.list_keys(prefix)}

    def copy_to(self, folder: Path) -> None:
        """Copy all its files, and its model when it kept one, into a folder here."""
        copies = self._copies(self.key(""), folder)
        models = keys.model(self.dataset, self.run_id).removesuffix("model.tar.gz")
        copies |= self._copies(models, folder)
        for key, target in copies.items():
            download(self.bucket, key, target)

    def _copies(self, prefix: str, folder: Path) -> dict[str, Path]:
        found = {key: folder / key.removeprefix(prefix) for key in self.bucket.list_keys(prefix)}
        for key, target in found.items():
            if not target.resolve().is_relative_to(folder.resolve()):
                raise CommandError(f"The key {key} would be written outside of {folder}.")
        return found


def download(bucket: Bucket, key: str, target: Path) -> None:
    """Copy one object into a file, making the folders on the way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with translated():
        bucket.client.download_file(bucket.name, key, str(target))


def all_runs(bucket: Bucket, datasets: Iterable[str] | None = None) -> list[RunFiles]:
    """Return the runs of some datasets, or of all, newest first."""
    names = list(bucket.list_folders(keys.RUNS) if datasets is None else datasets)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        ids = pool.map(partial(run_ids, bucket), names)
        found = [
            RunFiles(name, run_id, bucket)
            for name, of_name in zip(names, ids, strict=True)
            for run_id in of_name
        ]
    return sorted(found, key=lambda run: (run.run_id, run.dataset), reverse=True)


def run_ids(bucket: Bucket, dataset: str) -> list[str]:
    """Return the ids of a dataset's runs, oldest first."""
    return [name for name in bucket.list_folders(keys.runs_of(dataset)) if is_run_id(name)]


def find_run(bucket: Bucket, text: str | None) -> RunFiles:
    """Find the run that a person names: DATASET/RUN_ID, or DATASET or nothing for the newest.

    Raises
    ------
    RunNotFoundError
        When there is none.
    """
    if text is None:
        runs = all_runs(bucket)
    else:
        dataset, run_id = keys.split_run(text.removeprefix(f"s3://{bucket.name}/"))
        if is_run_id(run_id):
            run = RunFiles(dataset, run_id, bucket)
            runs = [run] if dataset and bucket.exists(run.key("run.json")) else []
        else:
            runs = all_runs(bucket, [f"{dataset}/{run_id}".lstrip("/")])
    if runs:
        return runs[0]
    if text is None:
        raise RunNotFoundError(
            "There is no run yet", to_do="Drop a dataset: tunedrop drop FILE_OR_FOLDER."
        )
    raise RunNotFoundError(
        "There is no such run",
        found=quote(text, 200),
        expected="DATASET/RUN_ID, or DATASET for its newest",
        to_do="See which there are: tunedrop runs.",
    )
