"""After a restart: what ran goes on, or fails with the reason; nothing is forgotten.

To whoever watches, the machines below all running training jobs broke at once. A tuning job goes on
with what its other training jobs have taught it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from local_aws.sagemaker.jobs.store import Job, Store
from local_aws.sagemaker.jobs.training_job import INTERNAL_ERROR, TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob

log = logging.getLogger(__name__)

INTERRUPTED = f"{INTERNAL_ERROR}: The local AWS stopped while the job was running."


# How long the event of a job's end may wait for its delivery, with all cores busy.
_EVENTS_SECONDS = 5.0


def ended_lately(store: Store) -> list[Job]:
    """List the jobs that ended in the last seconds before the server did.

    A server that is killed may not have told of them. Events come more than once on AWS, too.
    """
    jobs: list[Job] = [*store.training_jobs()]
    jobs += store.tuning_jobs()
    over = [job for job in jobs if job.is_over]
    latest = max((job.modified for job in over), default=None)
    return [
        job
        for job in over
        if latest is not None and (latest - job.modified).total_seconds() <= _EVENTS_SECONDS
    ]


def recover(
    store: Store,
    changed: Callable[[Job], None],
    go_on: Callable[[Job], None],
) -> None:
    """Take up every job of the store that is not over.

    Parameters
    ----------
    changed
        Keeps and announces a job.
    go_on
        Schedules a tuning job or a plain training job, with its state as it was.
    """
    for training_job in store.training_jobs():
        if not training_job.is_over:
            _break(training_job)
            changed(training_job)
            if not training_job.is_over and training_job.tuned is None:
                go_on(training_job)
    for tuning_job in store.tuning_jobs():
        if not tuning_job.is_over:
            _take_up(tuning_job, changed, go_on)


def _break(job: TrainingJob) -> None:
    """Do what a machine that breaks does: it is retried as its RetryStrategy says, or it failed."""
    if job.status == "Stopping":
        job.finish("Stopped", "Stopped")
    elif not job.retry():
        job.finish("Failed", "Failed", INTERRUPTED)


def _take_up(job: TuningJob, changed: Callable[[Job], None], go_on: Callable[[Job], None]) -> None:
    try:
        go_on(job)
    except Exception as error:
        # A later version may refuse what an earlier one has begun.
        log.exception("the tuning job %s cannot go on", job.name)
        for training_job in job.jobs():
            if not training_job.is_over:
                training_job.finish("Failed", "Failed", INTERRUPTED)
                changed(training_job)
        job.change("Failed", f"{INTERRUPTED} It could not go on: {error!r}")
        changed(job)
