"""Training jobs that answer at once (`instant_jobs`): they repeat what the first of their sort did.

For tests of everything around training jobs, with thousands of them. A sort is an image with the
same names of hyperparameters and metrics; the first job of each runs as always. Others emit its
values, the objective changed by a function of their hyperparameters, and leave copies of its
model.tar.gz and output.tar.gz behind.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.conditions import CurrentConditions
from local_aws.sagemaker.jobs.container_folder import artifact_uri
from local_aws.sagemaker.jobs.s3 import Bucket, S3Object
from local_aws.sagemaker.jobs.training_job import INTERNAL_ERROR, TrainingJob

# How much worse than the first job's an objective is at most, as a share of it.
_WORST = 0.2


@dataclass(frozen=True)
class _Recording:
    curve: tuple[float, ...]
    metrics: dict[str, float]
    artifacts: tuple[S3Object, ...]


class JobReplay:
    """What the first training job of each sort did."""

    def __init__(self, bucket: Bucket, conditions: CurrentConditions) -> None:
        self._bucket = bucket
        self._conditions = conditions
        self._locks: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)
        self._recordings: dict[Hashable, _Recording] = {}
        self._lock = threading.Lock()

    def run(
        self, job: TrainingJob, on_objective: Callable[[], None], really: Callable[[], None]
    ) -> None:
        """Repeat the first job of this one's sort, or be the first.

        Parameters
        ----------
        on_objective
            Called after each objective value.
        really
            Runs the job as always.
        """
        sort = _sort(job)
        with self._lock:
            lock = self._locks[sort]
        with lock:
            recording = self._recordings.get(sort)
            if recording is None:
                really()
                if job.status == "Completed":
                    self._recordings[sort] = self._record(job)
                return
        try:
            self._repeat(recording, job, on_objective)
        except (ClientError, BotoCoreError) as error:
            job.finish("Failed", "Failed", f"{INTERNAL_ERROR}: {error}")

    def _record(self, job: TrainingJob) -> _Recording:
        uri = artifact_uri(job, "")
        metrics = {name: metric.value for name, metric in job.metrics.items()}
        return _Recording(tuple(job.curve), metrics, tuple(self._bucket.list(uri)))

    def _repeat(
        self, recording: _Recording, job: TrainingJob, on_objective: Callable[[], None]
    ) -> None:
        for status in ("Downloading", "Training"):
            job.enter(status)
        for name, value in recording.metrics.items():
            if job.tuned is None or name != job.tuned.metric:
                job.measure(name, value)
        if job.tuned is not None:
            worse = _share(job, self._conditions.now.seed) * _WORST
            sign = -1 if job.tuned.objective_type == "Maximize" else 1
            for value in recording.curve:
                if job.stop_switch.reason is None:
                    job.measure(job.tuned.metric, value + sign * worse * abs(value))
                    on_objective()
        job.enter("Uploading")
        for item in recording.artifacts:
            self._bucket.copy(item, artifact_uri(job, item.key.rpartition("/")[2]))
        job.artifact = str(artifact_uri(job))
        reason = job.stop_switch.reason
        job.finish("Completed" if reason is None else "Stopped", reason or "Completed")


def _sort(job: TrainingJob) -> Hashable:
    specification = job.request["AlgorithmSpecification"]
    return (
        specification.get("TrainingImage"),
        frozenset(job.request.get("HyperParameters", {})),
        frozenset(item["Name"] for item in specification.get("MetricDefinitions") or []),
        job.tuned is None,
    )


def _share(job: TrainingJob, seed: int) -> float:
    """Return a number from 0 to 1 that the hyperparameters and the seed decide."""
    text = json.dumps([seed, job.request.get("HyperParameters", {})], sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
