"""Operations on tuning jobs: create, describe, list, stop, delete, and list their training jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.sagemaker.api.descriptions import (
    describe_tuning_job,
    summarize_tuned_job,
    summarize_tuning_job,
)
from local_aws.sagemaker.api.listing import list_jobs
from local_aws.sagemaker.api.quotas import check_tuning_job_quotas
from local_aws.sagemaker.api.training_rules import check_tags
from local_aws.sagemaker.api.tuning_rules import check_tuning_job
from local_aws.sagemaker.api.warm_start import inherit
from local_aws.sagemaker.errors import ResourceInUse, ResourceNotFound, ValidationError
from local_aws.sagemaker.jobs.names import Names
from local_aws.sagemaker.jobs.scheduler import Scheduler
from local_aws.sagemaker.jobs.store import Store
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.jobs.tuning_run import Changed, TuningRun
from local_aws.sagemaker.search.definition import Definition, definitions_of
from local_aws.sagemaker.search.strategies import Observation


class TuningOperations:
    """What the API offers for tuning jobs."""

    def __init__(
        self,
        store: Store,
        scheduler: Scheduler,
        names: Names,
        conditions: CurrentConditions,
        changed: Changed,
    ) -> None:
        self._store = store
        self._scheduler = scheduler
        self._names = names
        self._conditions = conditions
        self._changed = changed
        self._runs: dict[str, TuningRun] = {}
        self._creating = threading.Lock()

    def operations(self) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Map the names of operations to methods."""
        return {
            "CreateHyperParameterTuningJob": self.create,
            "DescribeHyperParameterTuningJob": self.describe,
            "ListHyperParameterTuningJobs": self.list,
            "ListTrainingJobsForHyperParameterTuningJob": self.list_training_jobs,
            "StopHyperParameterTuningJob": self.stop,
            "DeleteHyperParameterTuningJob": self.delete,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """Check a request and start its tuning job."""
        name = request["HyperParameterTuningJobName"]
        tags = check_tags(request.pop("Tags", []))
        definitions = check_tuning_job(request)
        # Two creators at once must not both pass the quotas.
        with self._creating:
            if self._store.tuning_job(name) is not None:
                raise _in_use(name)
            inheritance = inherit(request, definitions[0], self._store.tuning_job)
            check_tuning_job_quotas(request, definitions, self._store, self._conditions.quotas)
            job = TuningJob(name, self._names.tuning_job_arn(name), request, tags)
            job.parents_best = inheritance.best
            run = self._run(job, definitions, inheritance.observations)
            self._store.add(job)
        self._changed(job)
        self._scheduler.add(run)
        return {"HyperParameterTuningJobArn": job.arn}

    def take_up(self, job: TuningJob) -> None:
        """Let a tuning job of before a restart go on."""
        definitions = definitions_of(job.request)
        try:
            earlier = inherit(job.request, definitions[0], self._store.tuning_job).observations
        except ValidationError:
            # A parent was deleted since; what its child has learnt itself is left.
            earlier = []
        self._scheduler.add(self._run(job, definitions, earlier))

    def _run(
        self, job: TuningJob, definitions: tuple[Definition, ...], earlier: list[Observation]
    ) -> TuningRun:
        most_jobs = self._conditions.quotas.training_jobs
        run = TuningRun(job, definitions, earlier, self._names, self._changed, most_jobs)
        self._runs[job.name] = run
        return run

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Describe a tuning job."""
        return describe_tuning_job(self._job(request))

    def list(self, request: dict[str, Any]) -> dict[str, Any]:
        """List tuning jobs."""
        return list_jobs(
            self._store.tuning_jobs(),
            request,
            member="HyperParameterTuningJobSummaries",
            summarize=summarize_tuning_job,
        )

    def list_training_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """List the training jobs of a tuning job."""
        return list_jobs(
            self._job(request).jobs(),
            request,
            member="TrainingJobSummaries",
            summarize=summarize_tuned_job,
        )

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """Stop a tuning job and all its running training jobs."""
        job = self._job(request)
        run = self._runs.get(job.name)
        if job.is_over or run is None:
            raise ValidationError(
                "The request was rejected because the hyperparameter tuning job is in status "
                f"{job.status}."
            )
        run.stop()
        self._scheduler.wake()
        return {}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """Forget a tuning job that is over; one that does not exist is forgotten already."""
        job = self._store.tuning_job(request["HyperParameterTuningJobName"])
        if job is None:
            return {}
        if not job.is_over:
            raise ValidationError(
                f"The hyperparameter tuning job {job.name} is in status {job.status}; only one in "
                "a terminal state can be deleted."
            )
        self._store.delete(job)
        self._runs.pop(job.name, None)
        return {}

    def _job(self, request: dict[str, Any]) -> TuningJob:
        name = request["HyperParameterTuningJobName"]
        job = self._store.tuning_job(name)
        if job is None:
            raise ResourceNotFound(
                f"Amazon SageMaker can't find a tuning job called {name}. Type another name."
            )
        return job


def _in_use(name: str) -> ResourceInUse:
    return ResourceInUse(
        f"A hyperparameter tuning job with the name, {name}, already exists. Choose a different "
        "name."
    )
