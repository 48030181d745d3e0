"""The folder of a run, found from outside of it: by the execution that claimed it.

RecordFailure and StopJobs know an execution and its input only, which may have got as far as it
pleased. They find the run here, stop its jobs and leave its failure.json.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop import keys
from tunedrop.claims import RUN_FILE, run_id_of
from tunedrop.running import job_names, jobs
from tunedrop.running.attempts import Attempt, read_attempts
from tunedrop.running.jobs import Job
from tunedrop.storage import Bucket
from tunedrop.trigger import Trigger

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFolder:
    """Which run; both names are "" when an execution's input named no dataset."""

    dataset: str
    run_id: str

    def key(self, name: str) -> str:
        """Return the key of one of the run's files."""
        return keys.run_file(self.dataset, self.run_id, name)


NO_RUN = RunFolder("", "")


@dataclass(frozen=True)
class Stopped:
    """What became of the attempt to stop a run's jobs."""

    stopped: tuple[str, ...] = ()
    not_stopped: tuple[str, ...] = ()


def find(bucket: Bucket, trigger: Trigger) -> RunFolder | None:
    """Return the run that an execution claimed; None when it claimed none (yet)."""
    stamp = run_id_of(trigger.time, "")
    opened: RunFolder | None = None
    for rest in bucket.list_folders(keys.runs_of(trigger.dataset) + stamp):
        run = RunFolder(trigger.dataset, stamp + rest)
        claim = _claim(bucket, run)
        if claim.get("execution") == trigger.execution:
            if claim.get("objects"):
                return run
            opened = run  # for a failure before the claim; a redrive may have claimed since
    return opened


def find_or_open(bucket: Bucket, trigger: Trigger) -> RunFolder:
    """Return the run of an execution; one that claimed none gets a folder to leave a failure in.

    Its run id ends in a digest of the execution, so that every attempt finds the same folder.
    """
    found = find(bucket, trigger)
    if found is not None:
        return found
    digest = sha256(trigger.execution.encode()).hexdigest()
    run = RunFolder(trigger.dataset, run_id_of(trigger.time, digest))
    cause = {"kind": trigger.kind, "time": trigger.time.astimezone(UTC).isoformat()}
    cause |= {name: text for name in ("key", "tick") if (text := getattr(trigger, name))}
    bucket.put_json_once(
        run.key(RUN_FILE),
        {
            "dataset": run.dataset,
            "run_id": run.run_id,
            "digest": digest,
            "execution": trigger.execution,
            "trigger": cause,
            "objects": [],
        },
    )
    return run


def owner_of(bucket: Bucket, run: RunFolder) -> str | None:
    """Return the execution that claimed a run; None when there is no such run."""
    execution = _claim(bucket, run).get("execution")
    return execution if isinstance(execution, str) else None


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


def attempts_of(bucket: Bucket, run: RunFolder) -> dict[Job, list[Attempt]]:
    """Read all attempts at a run's jobs, by the job as the plan names it."""
    bases = dict.fromkeys(job.model_copy(update={"attempt": ""}) for job in known_jobs(bucket, run))
    return {job: read_attempts(bucket, job) for job in bases}


def stop_jobs(bucket: Bucket, sagemaker: SageMakerClient, run: RunFolder) -> Stopped:
    """Stop a run's jobs that are in progress.

    An error that another attempt may cure is raised; one that stays (AccessDenied) must not keep
    the other jobs running nor the failure unrecorded, so its job is named.
    """
    stopped, not_stopped = [], []
    for job in known_jobs(bucket, run):
        try:
            if jobs.stop(sagemaker, job.name, job.kind):
                stopped.append(job.name)
        except (ClientError, BotoCoreError):
            logger.exception("%s could not be stopped", job.name)
            not_stopped.append(job.name)
    return Stopped(tuple(stopped), tuple(not_stopped))


def has_ended(bucket: Bucket, run: RunFolder) -> bool:
    """Whether a run has a report or a failure, so that none is missing."""
    return any(bucket.exists(run.key(name)) for name in ("report.html", "failure.json"))


def write_failure(bucket: Bucket, run: RunFolder, document: dict[str, Any]) -> Any | None:
    """Write failure.json, unless the run has one or a report; return the one it has then."""
    if bucket.exists(run.key("report.html")):
        return None
    if bucket.put_json_once(run.key("failure.json"), document):
        logger.info("%s/%s failed: %s", run.dataset, run.run_id, document["error"])
        return document
    return bucket.find_json(run.key("failure.json"))


def _claim(bucket: Bucket, run: RunFolder) -> dict[str, Any]:
    claim = bucket.find_json(run.key(RUN_FILE))
    return claim if isinstance(claim, dict) else {}
