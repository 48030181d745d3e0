"""Operations on tuning jobs: create, describe, list, stop, and list their training jobs."""

from __future__ import annotations

from typing import Any

from local_aws.account import sagemaker_arn
from local_aws.sagemaker.api.descriptions import describe_tuned_job, describe_tuning_job
from local_aws.sagemaker.api.listing import list_jobs
from local_aws.sagemaker.api.operations import Account, Operation
from local_aws.sagemaker.api.quotas import check_tuning_job_quotas
from local_aws.sagemaker.api.training_rules import check_tags
from local_aws.sagemaker.api.tuning_rules import check_tuning_job
from local_aws.sagemaker.api.warm_start import inherit
from local_aws.sagemaker.errors import SageMakerError, ValidationError
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.jobs.tuning_run import TuningRun


class TuningOperations:
    """What the API offers for tuning jobs."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._runs: dict[str, TuningRun] = {}

    def operations(self) -> dict[str, Operation]:
        """Map the names of operations to methods."""
        return {
            "CreateHyperParameterTuningJob": self.create,
            "DescribeHyperParameterTuningJob": self.describe,
            "ListHyperParameterTuningJobs": self.list,
            "ListTrainingJobsForHyperParameterTuningJob": self.list_training_jobs,
            "StopHyperParameterTuningJob": self.stop,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """Check a request and start its tuning job."""
        name = request["HyperParameterTuningJobName"]
        tags = check_tags(request.pop("Tags", []))
        definition = check_tuning_job(request)
        with self._account.creating:
            if self._account.store.tuning_job(name) is not None:
                raise SageMakerError(
                    "ResourceInUse",
                    f"A hyperparameter tuning job with the name, {name}, already exists. Choose a "
                    "different name.",
                )
            inheritance = inherit(request, definition, self._account.store.tuning_job)
            quotas, found = self._account.conditions.now.quotas, inheritance.training_jobs
            check_tuning_job_quotas(
                request, definition, self._account.store, quotas, inherited=found
            )
            arn = sagemaker_arn("hyper-parameter-tuning-job", name)
            job = TuningJob(name, arn, request, tags, parents_best=inheritance.best)
            run = TuningRun(
                job,
                definition,
                inheritance.observations,
                self._account.changed,
                quotas.training_jobs,
            )
            self._runs[name] = run
            self._account.store.add(job)
        self._account.changed(job)
        self._account.scheduler.add(run)
        return {"HyperParameterTuningJobArn": job.arn}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Describe a tuning job."""
        return describe_tuning_job(self._job(request))

    def list(self, request: dict[str, Any]) -> dict[str, Any]:
        """List tuning jobs."""
        return list_jobs(
            self._account.store.tuning_jobs(),
            request,
            member="HyperParameterTuningJobSummaries",
            describe=describe_tuning_job,
        )

    def list_training_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """List the training jobs of a tuning job."""
        return list_jobs(
            self._job(request).jobs(),
            request,
            member="TrainingJobSummaries",
            describe=describe_tuned_job,
        )

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """Stop a tuning job and all its running training jobs."""
        job = self._job(request)
        if job.is_over:
            raise ValidationError(
                "The request was rejected because the hyperparameter tuning job is in status "
                f"{job.status}."
            )
        self._runs[job.name].stop()
        self._account.scheduler.wake()
        return {}

    def _job(self, request: dict[str, Any]) -> TuningJob:
        name = request["HyperParameterTuningJobName"]
        job = self._account.store.tuning_job(name)
        if job is None:
            raise SageMakerError(
                "ResourceNotFound",
                f"Amazon SageMaker can't find a tuning job called {name}. Type another name.",
            )
        return job
