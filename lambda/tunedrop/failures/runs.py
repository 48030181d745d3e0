"""The folder of a run, found from outside of it: by its execution and what that was given.

RecordFailure and StopJobs find the run here, stop its jobs and leave its failure.json.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop import keys
from tunedrop.claims import find_run, name_of
from tunedrop.errors import UnreadableState
from tunedrop.records import is_run_id
from tunedrop.running import job_names, jobs
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket
from tunedrop.trigger import dataset_of_input

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

# A run has one of these when it has ended.
_ENDS: Final = ("report.html", "failure.json")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFolder:
    """Which run; both names are "" when an execution has none."""

    dataset: str
    run_id: str

    def key(self, name: str) -> str:
        """Return the key of one of the run's files."""
        return keys.run_file(self.dataset, self.run_id, name)


NO_RUN = RunFolder("", "")


def find(bucket: Bucket, given: object, execution: str) -> RunFolder | None:
    """Return the run that belongs to an execution; None when none does.

    The input names it, but a person may have started an execution with the input of another one.
    """
    dataset = dataset_of_input(given)
    run_id = given.get("run_id") if isinstance(given, Mapping) else None
    if dataset is None or not isinstance(run_id, str) or not is_run_id(run_id):
        return None
    run = RunFolder(dataset, run_id)
    return run if _is_of(bucket, run, execution) else None


def known_jobs(bucket: Bucket, run: RunFolder) -> Iterator[Job]:
    """Name the jobs that a run has asked SageMaker for, or was about to; attempts are jobs.

    StartJob writes a request before it sends it, so no job is missed, and a plan need not be there.
    """
    folder = run.key("jobs/")
    names = (key.removeprefix(folder).split(".")[0] for key in bucket.list_keys(folder))
    for name in dict.fromkeys(names):
        kind = job_names.kind_of(name)
        if kind is not None:
            base = job_names.base_of(name)
            attempt = "" if base == name else name
            yield Job(dataset=run.dataset, run_id=run.run_id, job=base, kind=kind, attempt=attempt)


def planned_jobs(bucket: Bucket, run: RunFolder) -> list[Job]:
    """Return the jobs that a run has asked SageMaker for, each once, as the plan names them."""
    named = (job.model_copy(update={"attempt": ""}) for job in known_jobs(bucket, run))
    return list(dict.fromkeys(named))


def stop_jobs(
    bucket: Bucket, sagemaker: SageMakerClient, run: RunFolder
) -> tuple[list[str], list[str]]:
    """Stop a run's jobs that are in progress; return those that were, and that could not be.

    An error that another attempt may cure is raised; one that stays (AccessDenied) must not keep
    the other jobs running nor the failure unrecorded, so its job is named.
    """
    stopped: list[str] = []
    not_stopped: list[str] = []
    for job in known_jobs(bucket, run):
        try:
            if jobs.stop(sagemaker, job.name, job.kind):
                stopped.append(job.name)
        except (ClientError, BotoCoreError):
            logger.exception("%s could not be stopped", job.name)
            not_stopped.append(job.name)
    return stopped, not_stopped


def end_of(bucket: Bucket, run: RunFolder) -> Literal["report.html", "failure.json"] | None:
    """Return the name of the file that says how a run ended; None while it has not."""
    return next((name for name in _ENDS if bucket.exists(run.key(name))), None)


def write_failure(bucket: Bucket, run: RunFolder, document: dict[str, Any]) -> Any | None:
    """Write failure.json, unless the run has one or a report; return the one it has then."""
    if bucket.exists(run.key("report.html")):
        return None
    if bucket.put_json_once(run.key("failure.json"), document):
        logger.info("%s/%s failed: %s", run.dataset, run.run_id, document["error"])
        return document
    return bucket.find_json(run.key("failure.json"))


def _is_of(bucket: Bucket, run: RunFolder, execution: str) -> bool:
    """Whether an execution is that of a run; where run.json is damaged, by its name."""
    try:
        claimed = find_run(bucket, run.dataset, run.run_id)
    except UnreadableState as error:
        logger.error("%s", error)
        return execution.rpartition(":")[2] == name_of(run.dataset, run.run_id)
    return claimed is not None and claimed.execution == execution
