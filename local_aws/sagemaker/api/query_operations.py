"""Operations that look at jobs by what they are: Search and ListTags."""

from __future__ import annotations

from typing import Any

from local_aws.sagemaker.api.descriptions import describe_training_job, tag_list
from local_aws.sagemaker.api.listing import list_jobs
from local_aws.sagemaker.api.operations import Account, Operation
from local_aws.sagemaker.errors import SageMakerError, ValidationError
from local_aws.sagemaker.jobs.training_job import TrainingJob

# What Tunedrop's report asks for; the SDK's tuner does not search.
_SEARCHED = (
    "This Search is not supported by the local SageMaker; it finds the TrainingJobs that one "
    "filter selects, by TuningJobArn Equals, without SortBy."
)


class QueryOperations:
    """Search for the training jobs of a tuning job, and ListTags."""

    def __init__(self, account: Account) -> None:
        self._store = account.store

    def operations(self) -> dict[str, Operation]:
        """Map the names of operations to methods."""
        return {"Search": self.search, "ListTags": self.list_tags}

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
        found = list_jobs(
            jobs, request, member="Results", describe=_searched, sort_by="LastModifiedTime"
        )
        return {**found, "TotalHits": {"Value": len(jobs), "Relation": "EqualTo"}}

    def list_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """List a job's tags: 50 at most, and a page has no fewer."""
        job = self._store.by_arn(request["ResourceArn"])
        if job is None:
            message = f"Resource {request['ResourceArn']} does not exist."
            raise SageMakerError("ResourceNotFound", message)
        return {"Tags": tag_list(job.tags)}


def _searched(job: TrainingJob) -> dict[str, Any]:
    return {"TrainingJob": {**describe_training_job(job), "Tags": tag_list(job.tags)}}
