"""How long a run's jobs are expected to take: as long as those of the dataset's last run did."""

from __future__ import annotations

from statistics import fmean

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from tunedrop import keys, wording
from tunedrop.planning.costs import FIRST_TIMES, JobTimes
from tunedrop.planning.earlier_runs import runs_before
from tunedrop.run_record import Run
from tunedrop.storage import Bucket

# Failed runs have no results, and each run without them costs a request.
_RUNS_LOOKED_AT = 5


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Job(_Read):
    billable_seconds: NonNegativeInt | None = None


class _Machine(_Read):
    type: str


class _Results(_Read):
    """results.json, as far as it shows how long jobs took."""

    training_jobs: tuple[_Job, ...]
    confirm_job: _Job
    instance: _Machine


def expected_times(bucket: Bucket, run: Run) -> JobTimes:
    """Return what a machine is expected to be billed for, on average, and why."""
    for run_id in runs_before(bucket, run.dataset, run.run_id)[:_RUNS_LOOKED_AT]:
        body = bucket.find(keys.run_file(run.dataset, run_id, "results.json"))
        if body is not None and (times := _times_of(body, run_id)) is not None:
            return times
    return FIRST_TIMES


def _times_of(body: bytes, run_id: str) -> JobTimes | None:
    """Read the times of a run; None when it has none that can be read."""
    try:
        results = _Results.model_validate_json(body)
    except ValidationError:
        return None
    billed = [
        job.billable_seconds for job in results.training_jobs if job.billable_seconds is not None
    ]
    if not billed or results.confirm_job.billable_seconds is None:
        return None
    training_job, confirm = fmean(billed), float(results.confirm_job.billable_seconds)
    return JobTimes(
        training_job=training_job,
        confirm=confirm,
        why=f"A training job is expected to take {wording.duration(training_job)}, and Confirm "
        f"{wording.duration(confirm)}, as in the run {run_id} on {results.instance.type}.",
    )
