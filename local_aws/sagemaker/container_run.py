"""One training job from start to end, under the container contract.

Downloading, Training, Uploading: each is a secondary status of the job. Emitted objective values go
to the job's tuning job as they come, which may press the job's stop switch.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local_aws.sagemaker.artifacts import Artifacts, UploadError, model_uri
from local_aws.sagemaker.channels import Channels, DownloadError
from local_aws.sagemaker.container_folder import HOST, ContainerFolder
from local_aws.sagemaker.entry_point import ContainerEntryPoint
from local_aws.sagemaker.interpreters import Interpreters, write_request
from local_aws.sagemaker.logs import Logs
from local_aws.sagemaker.metrics import MetricReader
from local_aws.sagemaker.names import now
from local_aws.sagemaker.process_output import ProcessOutput
from local_aws.sagemaker.training_job import TrainingJob

log = logging.getLogger(__name__)

_MAX_REASON = 1024


@dataclass(frozen=True)
class ContainerRunner:
    """Runs training jobs, each in the thread that calls it.

    Parameters
    ----------
    folder
        Where the jobs' folders are while they run.
    endpoint_url
        The local AWS, for training code that uses it.
    grace_seconds
        Between SIGTERM and SIGKILL.
    """

    folder: Path
    entry_point: ContainerEntryPoint
    interpreters: Interpreters
    channels: Channels
    artifacts: Artifacts
    logs: Logs
    endpoint_url: str
    grace_seconds: float

    def run(self, job: TrainingJob, threads: int, on_objective: Callable[[], None]) -> None:
        """Run a training job; it is over afterwards, whatever happens.

        Parameters
        ----------
        threads
            How many threads its libraries may use.
        on_objective
            Called after each objective value.
        """
        workspace = self.folder / job.name
        folder = ContainerFolder(workspace / "opt" / "ml")
        try:
            self._run(job, folder, threads, on_objective)
        except (DownloadError, UploadError) as error:
            job.finish("Failed", "Failed", str(error))
        except Exception as error:
            log.exception("training job %s broke", job.name)
            job.finish("Failed", "Failed", f"InternalServerError: {error!r}")
        finally:
            shutil.rmtree(workspace, ignore_errors=True)

    def _run(
        self,
        job: TrainingJob,
        folder: ContainerFolder,
        threads: int,
        on_objective: Callable[[], None],
    ) -> None:
        job.enter("Downloading")
        folder.prepare(job)
        for channel in job.request.get("InputDataConfig") or []:
            self.channels.fill(channel, folder.channel(channel["ChannelName"]))
        if job.stop_switch.reason is not None:
            job.finish("Stopped", job.stop_switch.reason)
            return
        job.enter("Training")
        code = self._train(job, folder, threads, on_objective)
        if code != 0 and job.stop_switch.reason is None:
            self.artifacts.upload(job, folder, model=False)
            job.finish("Failed", "Failed", failure_reason(folder.failure(), code))
            return
        job.enter("Uploading")
        self.artifacts.upload(job, folder, model=True)
        job.artifact = model_uri(job)
        reason = job.stop_switch.reason
        job.finish("Completed" if reason is None else "Stopped", reason or "Completed")

    def _train(
        self,
        job: TrainingJob,
        folder: ContainerFolder,
        threads: int,
        on_objective: Callable[[], None],
    ) -> int:
        request = folder.root.parent / "request.json"
        settings = folder.environment(job, threads, self.endpoint_url)
        write_request(
            request,
            self.entry_point,
            {"folder": str(folder.root), "environment": settings, "threads": threads},
        )
        reader = MetricReader(job.request["AlgorithmSpecification"].get("MetricDefinitions") or [])
        job_log = self.logs.open(job.name, job.created, HOST)
        limit = job.request["StoppingCondition"]["MaxRuntimeInSeconds"]
        output = ProcessOutput(self.interpreters.start(job.name, request), self.grace_seconds)
        job.stop_switch.listen(lambda: _stop(job, output))
        try:
            for line in output.lines(time.monotonic() + limit):
                if line is None:
                    job.stop_switch.press("MaxRuntimeExceeded")
                    continue
                job_log.write(line, now())
                if any([job.measure(name, value) for name, value in reader.read(line)]):
                    on_objective()
        finally:
            job_log.close()
        return -1 if output.exit_code is None else output.exit_code


def failure_reason(message: str, code: int) -> str:
    """Word the failure of an algorithm as AWS does, the exit code kept when it is long."""
    end = f", exit code: {code if code >= 0 else 128 - code}"
    start = f"AlgorithmError: {message}"
    return start[: _MAX_REASON - len(end)] + end


def _stop(job: TrainingJob, output: ProcessOutput) -> None:
    job.enter("Stopping")
    output.terminate()
