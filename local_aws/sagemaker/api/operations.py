"""Operations on tuning and training jobs: create, describe, list, search, stop; tags of any job."""

from __future__ import annotations

import threading
from typing import Any

from local_aws.conditions import CurrentConditions
from local_aws.sagemaker.api.descriptions import (
    describe_training_job,
    describe_tuned_job,
    describe_tuning_job,
    tag_list,
)
from local_aws.sagemaker.api.listing import list_jobs
from local_aws.sagemaker.api.quotas import check_instances, check_tuning_job_quotas
from local_aws.sagemaker.api.rules import check_tags, check_training_job, check_tuning_job
from local_aws.sagemaker.api.warm_start import inherit
from local_aws.sagemaker.errors import SageMakerError, ValidationError
from local_aws.sagemaker.jobs.scheduler import Scheduler
from local_aws.sagemaker.jobs.store import Store
from local_aws.sagemaker.jobs.training_job import TrainingJob
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.jobs.tuning_run import Changed, TuningRun

# The only search of Tunedrop's report; the SDK's tuner does not search.
_SEARCHED = (
    "This Search is not supported by the local SageMaker; it finds the TrainingJobs that one "
    "filter selects, by TuningJobArn Equals, without SortBy."
)


class Operations:
    """Answers requests: a method for each operation, with boto3's name.

    Parameters
    ----------
    changed
        Called with a job when its status has changed, to store and announce it.
    """

    def __init__(
        self, store: Store, scheduler: Scheduler, conditions: CurrentConditions, changed: Changed
    ) -> None:
        self._store, self._scheduler = store, scheduler
        self._conditions, self._changed = conditions, changed
        self._runs: dict[str, TuningRun] = {}
        # Held from the check of quotas and names until the new job is in the store.
        self._creating = threading.Lock()

    def create_hyper_parameter_tuning_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Check a request and start its tuning job."""
        name = request["HyperParameterTuningJobName"]
        tags = check_tags(request.pop("Tags", []))
        definition = check_tuning_job(request)
        with self._creating:
            if self._store.tuning_job(name) is not None:
                raise SageMakerError(
                    "ResourceInUse",
                    f"A hyperparameter tuning job with the name, {name}, already exists. Choose a "
                    "different name.",
                )
            inheritance = inherit(request, definition, self._store.tuning_job)
            quotas = self._conditions.now.quotas
            count, earlier = inheritance.training_jobs, inheritance.observations
            check_tuning_job_quotas(request, definition, self._store, quotas, inherited=count)
            job = TuningJob(name, request, tags)
            run = TuningRun(job, definition, earlier, self._changed, quotas.training_jobs)
            self._runs[name] = run
            self._store.add(job)
        self._changed(job)
        self._scheduler.add(run)
        return {"HyperParameterTuningJobArn": job.arn}

    def describe_hyper_parameter_tuning_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Describe a tuning job."""
        return describe_tuning_job(self._tuning_job(request))

    def list_hyper_parameter_tuning_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """List tuning jobs."""
        return list_jobs(
            self._store.tuning_jobs(),
            request,
            member="HyperParameterTuningJobSummaries",
            describe=describe_tuning_job,
        )

    def list_training_jobs_for_hyper_parameter_tuning_job(
        self, request: dict[str, Any]
    ) -> dict[str, Any]:
        """List the training jobs of a tuning job."""
        return list_jobs(
            self._tuning_job(request).jobs(),
            request,
            member="TrainingJobSummaries",
            describe=describe_tuned_job,
        )

    def stop_hyper_parameter_tuning_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Stop a tuning job and all its running training jobs."""
        job = self._tuning_job(request)
        if job.is_over:
            raise ValidationError(
                "The request was rejected because the hyperparameter tuning job is in status "
                f"{job.status}."
            )
        self._runs[job.name].stop()
        self._scheduler.wake()
        return {}

    def _tuning_job(self, request: dict[str, Any]) -> TuningJob:
        name = request["HyperParameterTuningJobName"]
        job = self._store.tuning_job(name)
        if job is None:
            raise SageMakerError(
                "ResourceNotFound",
                f"Amazon SageMaker can't find a tuning job called {name}. Type another name.",
            )
        return job

    def create_training_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Check a request and start its training job."""
        name = request["TrainingJobName"]
        tags = check_tags(request.pop("Tags", []))
        check_training_job(request)
        job = TrainingJob(name, request, tags)
        resources = request["ResourceConfig"]
        with self._creating:
            if self._store.training_job(name) is not None:
                raise SageMakerError(
                    "ResourceInUse",
                    "Training job names must be unique within an AWS account and region, and a "
                    f"training job with this name already exists ({job.arn})",
                )
            kind, count = resources["InstanceType"], resources["InstanceCount"]
            check_instances(kind, count, self._store, self._conditions.now.quotas)
            self._store.add(job)
        self._changed(job)
        self._scheduler.add(SingleRun(job, self._changed))
        return {"TrainingJobArn": job.arn}

    def describe_training_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Describe a training job."""
        return describe_training_job(self._training_job(request))

    def list_training_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """List training jobs."""
        return list_jobs(
            self._store.training_jobs(),
            request,
            member="TrainingJobSummaries",
            describe=describe_training_job,
            sort_by="CreationTime",
        )

    def search(self, request: dict[str, Any]) -> dict[str, Any]:
        """Find the training jobs of a tuning job, the latest change first."""
        match request:
            case {
                "Resource": "TrainingJob",
                "SearchExpression": {"Filters": [{"Name": "TuningJobArn", "Value": arn, **rest}]},
            } if rest in ({}, {"Operator": "Equals"}) and "SortBy" not in request:
                jobs = self._store.training_jobs(arn)
            case _:
                raise ValidationError(_SEARCHED)
        request.setdefault("SortOrder", "Descending")
        page = list_jobs(
            jobs, request, member="Results", describe=_searched, sort_by="LastModifiedTime"
        )
        return {**page, "TotalHits": {"Value": len(jobs), "Relation": "EqualTo"}}

    def list_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """List a job's tags: 50 at most, and a page has no fewer."""
        job = self._store.by_arn(request["ResourceArn"])
        if job is None:
            message = f"Resource {request['ResourceArn']} does not exist."
            raise SageMakerError("ResourceNotFound", message)
        return {"Tags": tag_list(job.tags)}

    def stop_training_job(self, request: dict[str, Any]) -> dict[str, Any]:
        """Stop a training job: SIGTERM, then SIGKILL after the grace period."""
        job = self._training_job(request)
        if job.is_over:
            raise ValidationError(
                f"The request was rejected because the training job is in status {job.status}."
            )
        job.stop_switch.press("Stopped")
        self._scheduler.wake()
        return {}

    def _training_job(self, request: dict[str, Any]) -> TrainingJob:
        job = self._store.training_job(request["TrainingJobName"])
        if job is None:
            # AWS's own code and words here, although the model lists ResourceNotFound.
            raise ValidationError("Requested resource not found.")
        return job


def _searched(job: TrainingJob) -> dict[str, Any]:
    return {"TrainingJob": {**describe_training_job(job), "Tags": tag_list(job.tags)}}


class SingleRun:
    """One plain training job as work of the scheduler."""

    def __init__(self, job: TrainingJob, changed: Changed) -> None:
        self.job = job
        self._changed = changed
        self._launched = False

    @property
    def is_over(self) -> bool:
        """Whether the training job is."""
        return self.job.is_over

    def demand(self) -> int:
        """Return 1 until the job is launched."""
        return 0 if self._launched else 1

    def launch(self) -> TrainingJob | None:
        """Launch the job once; not at all if it was stopped while it waited."""
        self._launched = True
        if self.job.stop_switch.reason is None:
            return self.job
        self.job.finish("Stopped", self.job.stop_switch.reason)
        self._changed(self.job)
        return None

    def objective_emitted(self, job: TrainingJob) -> None:
        """Do nothing: a plain training job has no objective."""

    def ended(self, job: TrainingJob) -> None:
        """Announce the job's end."""
        self._changed(job)

    def tick(self) -> None:
        """Do nothing: the run itself watches its runtime limit."""

    def fail(self, reason: str) -> None:
        """End, because the service itself has failed."""
        self.job.finish("Failed", "Failed", reason)
        self._changed(self.job)
