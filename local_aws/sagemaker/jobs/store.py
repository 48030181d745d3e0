"""Every job that the service knows, in memory and as one JSON file each.

A file is replaced atomically when a job is made, ends or gets other tags, so that a killed process
leaves whole files. What had not ended when the process died is `recovery.py`'s matter.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.sagemaker.jobs.training_job import TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob

log = logging.getLogger(__name__)

Job = TrainingJob | TuningJob


class Store:
    """Jobs by name, which is unique regardless of case.

    Parameters
    ----------
    root
        Folder of the files; made when missing.
    """

    def __init__(self, root: Path) -> None:
        self._folders = {TrainingJob: root / "training-jobs", TuningJob: root / "tuning-jobs"}
        self._training: dict[str, TrainingJob] = {}
        self._tuning: dict[str, TuningJob] = {}
        self._tuned: dict[str, list[TrainingJob]] = {}
        self._lock = threading.RLock()
        self._closed = False
        for folder in self._folders.values():
            folder.mkdir(parents=True, exist_ok=True)

    def training_job(self, name: str) -> TrainingJob | None:
        """Find a training job."""
        return self._training.get(name.lower())

    def tuning_job(self, name: str) -> TuningJob | None:
        """Find a tuning job."""
        return self._tuning.get(name.lower())

    def training_jobs(self, tuning_job_arn: str | None = None) -> list[TrainingJob]:
        """List all training jobs, or those that ever belonged to one tuning job."""
        with self._lock:
            if tuning_job_arn is not None:
                return list(self._tuned.get(tuning_job_arn, ()))
            return list(self._training.values())

    def tuning_jobs(self) -> list[TuningJob]:
        """List all tuning jobs."""
        with self._lock:
            return list(self._tuning.values())

    def by_arn(self, arn: str) -> Job | None:
        """Find a job of either kind; its ARN ends with its name in lower case."""
        name = arn.lower().rpartition("/")[2]
        found = (self._tuning.get(name), self._training.get(name))
        return next((job for job in found if job is not None and job.arn == arn.lower()), None)

    def add(self, job: Job) -> bool:
        """Take in a new job and write it; False when the name is taken."""
        with self._lock:
            jobs: dict[str, Any] = self._training if isinstance(job, TrainingJob) else self._tuning
            if job.name.lower() in jobs:
                return False
            jobs[job.name.lower()] = job
            self._index(job)
        self.save(job)
        return True

    def save(self, job: Job) -> None:
        """Write a job's file."""
        path = self._path(job)
        part = path.with_suffix(".part")
        # Whoever changes the job waits, so that no older state replaces a newer one.
        with job.lock:
            part.write_text(json.dumps(job.to_record(), default=_seconds), "utf-8")
            os.replace(part, path)

    def close(self) -> None:
        """Keep no more ends of training jobs: what the server's own end ends was interrupted."""
        self._closed = True

    def _keep_end(self, job: TrainingJob) -> None:
        if not self._closed:
            self.save(job)

    def delete(self, job: TuningJob) -> None:
        """Forget a tuning job; its training jobs stay, as on AWS."""
        with self._lock:
            self._tuning.pop(job.name.lower(), None)
        self._path(job).unlink(missing_ok=True)

    def load(self) -> None:
        """Read all files."""
        for path, record in self._records(TrainingJob):
            self._training[path.stem.lower()] = job = TrainingJob.from_record(record)
            self._index(job)
        by_tuning_job: dict[str, list[TrainingJob]] = {}
        for training_job in sorted(self._training.values(), key=lambda job: job.created):
            if training_job.tuned is not None:
                by_tuning_job.setdefault(training_job.tuned.tuning_job, []).append(training_job)
        for path, record in self._records(TuningJob):
            # An earlier tuning job of the same name may have been deleted: not its training jobs.
            jobs = by_tuning_job.get(record["name"], [])
            own = [job for job in jobs if job.created.timestamp() >= record["created"]]
            self._tuning[path.stem.lower()] = TuningJob.from_record(record, own)

    def _index(self, job: Job) -> None:
        if isinstance(job, TrainingJob):
            job.on_end = self._keep_end
        if isinstance(job, TrainingJob) and job.tuned is not None:
            self._tuned.setdefault(job.tuned.tuning_job_arn, []).append(job)

    def _records(self, kind: type[Job]) -> list[tuple[Path, dict[str, Any]]]:
        records = []
        for path in sorted(self._folders[kind].glob("*.json")):
            try:
                records.append((path, json.loads(path.read_text("utf-8"))))
            except ValueError:
                log.exception("%s is not readable; the job in it is lost", path)
        return records

    def _path(self, job: Job) -> Path:
        return self._folders[type(job)] / f"{job.name}.json"


def _seconds(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} has no place in a job's file")
