"""All jobs of the service, in memory; in a file from an orderly stop to the next start."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from local_aws.sagemaker.jobs.training_job import TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob

Job = TrainingJob | TuningJob

_TRAINING, _TUNING = TypeAdapter(TrainingJob), TypeAdapter(TuningJob)


class Store:
    """Jobs by name, which is unique regardless of case."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._training: dict[str, TrainingJob] = {}
        self._tuning: dict[str, TuningJob] = {}
        self._lock = threading.RLock()
        if path.exists():
            self._load(json.loads(path.read_text("utf-8")))

    def training_job(self, name: str) -> TrainingJob | None:
        """Find a training job."""
        return self._training.get(name.lower())

    def tuning_job(self, name: str) -> TuningJob | None:
        """Find a tuning job."""
        return self._tuning.get(name.lower())

    def training_jobs(self, tuning_job_arn: str | None = None) -> list[TrainingJob]:
        """List all training jobs, or those of one tuning job."""
        with self._lock:
            jobs = list(self._training.values())
        if tuning_job_arn is None:
            return jobs
        return [job for job in jobs if job.tuned and job.tuned.tuning_job_arn == tuning_job_arn]

    def tuning_jobs(self) -> list[TuningJob]:
        """List all tuning jobs."""
        with self._lock:
            return list(self._tuning.values())

    def by_arn(self, arn: str) -> Job | None:
        """Find a job of either kind; its ARN ends with its name in lower case."""
        name = arn.lower().rpartition("/")[2]
        jobs = (self._tuning.get(name), self._training.get(name))
        return next((job for job in jobs if job is not None and job.arn == arn.lower()), None)

    def add(self, job: Job) -> None:
        """Add a job, unless it is here already."""
        with self._lock:
            if isinstance(job, TuningJob):
                self._tuning.setdefault(job.name.lower(), job)
            else:
                self._training.setdefault(job.name.lower(), job)

    def save(self) -> None:
        """Write the file, in place of an earlier one."""
        content = {
            "training_jobs": [_record(_TRAINING, job) for job in self.training_jobs()],
            "tuning_jobs": [_record(_TUNING, job) for job in self.tuning_jobs()],
        }
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(content), "utf-8")
        os.replace(part, self._path)

    def _load(self, content: dict[str, list[Any]]) -> None:
        for record in content["tuning_jobs"]:
            self.add(_TUNING.validate_python(record))
        for record in content["training_jobs"]:
            job = _TRAINING.validate_python(record)
            self.add(job)
            tuning_job = self.tuning_job(job.tuned.tuning_job) if job.tuned else None
            if tuning_job is not None:
                tuning_job.training_jobs.append(job)


def _record(adapter: TypeAdapter[Any], job: Job) -> Any:
    with job.lock:
        return adapter.dump_python(job, mode="json")
