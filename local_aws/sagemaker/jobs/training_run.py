"""One training job from start to end, under the container contract.

Downloading, Training, Uploading: each is a secondary status of the job. Emitted objective values go
to the job's tuning job as they come, which may press the job's stop switch. A job whose machine
breaks starts again as often as its RetryStrategy allows; one that gets no machine ends.
"""

from __future__ import annotations

import logging
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from local_aws.conditions import CurrentConditions, Kind
from local_aws.sagemaker.jobs.container_folder import (
    HOST,
    ContainerFolder,
    artifact_uri,
    upload_artifacts,
)
from local_aws.sagemaker.jobs.interpreter import InstanceBroke, Interpreter, TrainingProcess
from local_aws.sagemaker.jobs.job_replay import JobReplay
from local_aws.sagemaker.jobs.log_lines import LogLines
from local_aws.sagemaker.jobs.s3 import Bucket, Channels, TransferError
from local_aws.sagemaker.jobs.scheduler import MemoryBound
from local_aws.sagemaker.jobs.training_job import (
    INTERNAL_ERROR,
    MAX_REASON,
    NO_CAPACITY,
    TrainingJob,
    now,
)

log = logging.getLogger(__name__)

# A line that keeps an expression busy for longer has no value worth waiting for.
_SECONDS_FOR_A_LINE = 1.0


@dataclass(frozen=True)
class TrainingRuns:
    """Runs training jobs, each in the thread that calls it.

    Parameters
    ----------
    folder
        Where the jobs' folders are while they run.
    endpoint_url
        The local AWS, for training code that uses it.
    """

    folder: Path
    interpreter: Interpreter
    channels: Channels
    bucket: Bucket
    log_lines: LogLines
    conditions: CurrentConditions
    memory: MemoryBound
    replay: JobReplay
    endpoint_url: str

    def run(self, job: TrainingJob, threads: int, on_objective: Callable[[], None]) -> None:
        """Run a training job with so many threads; it is over afterwards, whatever happens."""
        fault = self._fault(job)
        if fault == "capacity":
            job.finish("Failed", "Failed", NO_CAPACITY)
        elif fault == "spot_wait":
            job.finish("Stopped", "MaxWaitTimeExceeded")
        elif self.conditions.now.instant_jobs and fault is None:
            self.replay.run(
                job, on_objective, lambda: self._run(job, threads, on_objective, dies=False)
            )
        else:
            self._run(job, threads, on_objective, dies=fault == "memory")

    def _fault(self, job: TrainingJob) -> Kind | None:
        """Return the fault that the conditions have for a job, None for none."""
        kinds: list[Kind] = ["capacity", "memory"]
        if job.request["EnableManagedSpotTraining"]:
            kinds.append("spot_wait")
        instance_type = job.request["ResourceConfig"]["InstanceType"]
        return self.conditions.fault(kinds, name=job.name, instance_type=instance_type)

    def _run(
        self, job: TrainingJob, threads: int, on_objective: Callable[[], None], *, dies: bool
    ) -> None:
        while not job.is_over:
            try:
                self._attempt(job, threads, on_objective, dies)
            except TransferError as error:
                job.finish("Failed", "Failed", str(error))
            except Exception as error:
                if not isinstance(error, InstanceBroke):
                    log.exception("training job %s broke", job.name)
                if not job.retry():
                    job.finish("Failed", "Failed", f"{INTERNAL_ERROR}: {error or repr(error)}")
            finally:
                shutil.rmtree(self.folder / job.name, ignore_errors=True)

    def _attempt(
        self, job: TrainingJob, threads: int, on_objective: Callable[[], None], dies: bool
    ) -> None:
        folder = ContainerFolder(self.folder / job.name / "opt" / "ml")
        job.enter("Downloading")
        folder.prepare(job)
        for channel in job.request.get("InputDataConfig") or []:
            self.channels.fill(channel, folder.channel(channel["ChannelName"]))
        if job.stop_switch.reason is not None:
            job.finish("Stopped", job.stop_switch.reason)
            return
        job.enter("Training")
        code = self._train(job, folder, threads, on_objective, dies)
        if code != 0 and job.stop_switch.reason is None:
            upload_artifacts(self.bucket, job, folder, model=False)
            job.finish("Failed", "Failed", failure_reason(folder.failure(), code))
            return
        job.enter("Uploading")
        upload_artifacts(self.bucket, job, folder, model=True)
        job.complete(str(artifact_uri(job)))

    def _train(
        self,
        job: TrainingJob,
        folder: ContainerFolder,
        threads: int,
        on_objective: Callable[[], None],
        dies: bool,
    ) -> int:
        settings = folder.environment(job, threads, self.endpoint_url)
        process = self.interpreter.start(folder.root, settings, threads)
        breaks = self.conditions.happens(self.conditions.now.broken_instances)
        reader = MetricReader(job.request["AlgorithmSpecification"].get("MetricDefinitions") or [])
        stream = f"{job.name}/{HOST}-{int(job.created.timestamp())}"
        limit = job.request["StoppingCondition"]["MaxRuntimeInSeconds"] - job.seconds_run
        job.stop_switch.listen(lambda: _stop(job, process))
        for line in process.lines(time.monotonic() + limit):
            if line is None:
                job.stop_switch.press("MaxRuntimeExceeded")
                continue
            self.log_lines.add(stream, line, now())
            if any([job.measure(name, value) for name, value in reader.read(line)]):
                on_objective()
            if breaks or dies:
                process.kill()
        self.memory.learn(process.peak_memory)
        if breaks and job.stop_switch.reason is None:
            raise InstanceBroke("The machine that ran the training job broke.")
        # Its last line may have been its first.
        return -signal.SIGKILL if dies else process.exit_code


class MetricReader:
    """Reads values of metrics from lines."""

    def __init__(self, definitions: list[dict[str, Any]]) -> None:
        self._patterns = [(item["Name"], regex.compile(item["Regex"])) for item in definitions]

    def read(self, line: str) -> Iterator[tuple[str, float]]:
        """Yield the metrics in a line, with their values."""
        for name, pattern in self._patterns:
            value = _value(pattern, line)
            if value is not None:
                yield name, value


def _value(pattern: regex.Pattern[str], line: str) -> float | None:
    try:
        match = pattern.search(line, timeout=_SECONDS_FOR_A_LINE)
        return None if match is None or match[1] is None else float(match[1])
    except (ValueError, TimeoutError):
        return None


def failure_reason(message: str, code: int) -> str:
    """Return an algorithm's failure in AWS's words; a long message is cut before the exit code."""
    end = f", exit code: {code if code >= 0 else 128 - code}"
    start = f"AlgorithmError: {message}"
    return start[: MAX_REASON - len(end)] + end


def _stop(job: TrainingJob, process: TrainingProcess) -> None:
    job.enter("Stopping")
    process.terminate()
