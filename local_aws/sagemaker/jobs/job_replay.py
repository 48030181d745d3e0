"""Replay of training jobs (`instant_jobs`): jobs end at once, with the first similar job's results.

For tests of everything around training jobs, with thousands of them. Similar jobs have the same
image and names of hyperparameters and metrics; the first of them runs as usual. Others emit its
values, the objective changed by a function of their hyperparameters, and copy its artifacts.
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

# The largest change of an objective, as a share of the first job's.
_WORST = 0.2


@dataclass(frozen=True)
class _Recording:
    curve: tuple[float, ...]
    metrics: dict[str, float]
    artifacts: tuple[S3Object, ...]


class JobReplay:
    """Recordings of the first job of each group of similar training jobs."""

    def __init__(self, bucket: Bucket, conditions: CurrentConditions) -> None:
        self._bucket = bucket
        self._conditions = conditions
        self._locks: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)
        self._recordings: dict[Hashable, _Recording] = {}
        self._lock = threading.Lock()

    def run(
        self, job: TrainingJob, on_objective: Callable[[], None], run_job: Callable[[], None]
    ) -> None:
        """Replay the first similar job, or run as the first.

        Parameters
        ----------
        on_objective
            Called after each objective value.
        run_job
            Runs the job as usual.
        """
        group = _group(job)
        with self._lock:
            lock = self._locks[group]
        with lock:
            recording = self._recordings.get(group)
            if recording is None:
                run_job()
                if job.status == "Completed":
                    self._recordings[group] = self._record(job)
                return
        try:
            self._replay(recording, job, on_objective)
        except (ClientError, BotoCoreError) as error:
            job.finish("Failed", "Failed", f"{INTERNAL_ERROR}: {error}")

    def _record(self, job: TrainingJob) -> _Recording:
        uri = artifact_uri(job, "")
        metrics = {name: metric.value for name, metric in job.metrics.items()}
        return _Recording(tuple(job.curve), metrics, tuple(self._bucket.list(uri)))

    def _replay(
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
        job.complete(str(artifact_uri(job)))


def _group(job: TrainingJob) -> Hashable:
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
