"""Runs by the names that users give, and the files of a run in the bucket."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.cli.terminal import CommandError
from tunedrop.errors import RunNotFoundError
from tunedrop.records import is_run_id
from tunedrop.run_record import Run, RunFolder
from tunedrop.storage import Bucket
from tunedrop_common.data_text import quote
from tunedrop_common.plan import Plan

_PARALLEL = 16


@dataclass(frozen=True)
class RunFiles(RunFolder):
    """`runs/<dataset>/<run id>/` of a bucket."""

    bucket: Bucket

    def __str__(self) -> str:
        return f"{self.dataset}/{self.run_id}"

    def uri(self, name: str) -> str:
        """Return the S3 URI of one of the run's files."""
        return f"s3://{self.bucket.name}/{self.key(name)}"

    def read(self, name: str) -> Any:
        """Return one of the run's JSON files; None if it does not exist."""
        return self.bucket.find_json(self.key(name))

    def plan(self) -> Plan | None:
        """Return the run's plan; None if it does not exist."""
        return self.bucket.find_record(self.key("plan.json"), Plan)

    def execution(self) -> str:
        """Return the ARN of the run's execution.

        Raises
        ------
        RunNotFoundError
            If there is no such run.
        """
        run = self.bucket.find_record(self.key("run.json"), Run)
        if run is None:
            raise RunNotFoundError("There is no such run", found=quote(str(self), 200))
        return run.execution

    def copy_to(self, folder: Path) -> None:
        """Copy all files, and the model if the run has one, into a local folder."""
        model_folder = keys.model(self.dataset, self.run_id).removesuffix("model.tar.gz")
        targets = {
            key: folder / key.removeprefix(prefix)
            for prefix in (self.key(""), model_folder)
            for key in self.bucket.list_keys(prefix)
        }
        for key, target in targets.items():
            if not target.resolve().is_relative_to(folder.resolve()):
                raise CommandError(f"The key {key} would be written outside of {folder}.")
        for key, target in targets.items():
            download(self.bucket, key, target)


def default_folder(run: RunFolder) -> Path:
    """Return the local folder for a run's files if the user names none."""
    return Path("tunedrop-runs", run.dataset, run.run_id)


def download(bucket: Bucket, key: str, target: Path) -> None:
    """Copy one object into a file; create the file's folders."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with translated():
        bucket.client.download_file(bucket.name, key, str(target))


def all_runs(bucket: Bucket, dataset: str | None = None) -> list[RunFiles]:
    """Return the runs of a dataset, or of all datasets, newest first."""
    datasets = list(bucket.list_folders(keys.RUNS)) if dataset is None else [dataset]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        folders = pool.map(lambda name: [*bucket.list_folders(keys.runs_of(name))], datasets)
        runs = [
            RunFiles(name, run_id, bucket)
            for name, run_ids in zip(datasets, folders, strict=True)
            for run_id in filter(is_run_id, run_ids)
        ]
    return sorted(runs, key=lambda run: (run.run_id, run.dataset), reverse=True)


def find_run(bucket: Bucket, text: str | None) -> RunFiles:
    """Return the run that a user names: DATASET/RUN_ID, or DATASET or None for the newest.

    Raises
    ------
    RunNotFoundError
        If there is no such run.
    """
    if text is None:
        if runs := all_runs(bucket):
            return runs[0]
        raise RunNotFoundError(
            "There is no run yet", to_do="Drop a dataset: tunedrop drop FILE_OR_FOLDER."
        )
    dataset, run_id = keys.split_run(text.removeprefix(f"s3://{bucket.name}/"))
    if is_run_id(run_id):
        run = RunFiles(dataset, run_id, bucket)
        if dataset and bucket.exists(run.key("run.json")):
            return run
    elif runs := all_runs(bucket, f"{dataset}/{run_id}".lstrip("/")):
        return runs[0]
    raise RunNotFoundError(
        "There is no such run",
        found=quote(text, 200),
        expected="DATASET/RUN_ID, or DATASET for its newest run",
        to_do="List the runs: tunedrop runs.",
    )
