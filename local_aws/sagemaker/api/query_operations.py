"""Operations that look at jobs by what they are: Search and ListTags."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.sagemaker.api.descriptions import describe_training_job, tag_list
from local_aws.sagemaker.api.listing import SortKey, page_of
from local_aws.sagemaker.api.search_filters import matches, property_of, required_value
from local_aws.sagemaker.errors import ResourceNotFound, require
from local_aws.sagemaker.jobs.store import Store
from local_aws.sagemaker.jobs.training_job import TrainingJob

_MAX_TAGS = 50


class QueryOperations:
    """Search of training jobs, and ListTags."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Map the names of operations to methods."""
        return {"Search": self.search, "ListTags": self.list_tags}

    def search(self, request: dict[str, Any]) -> dict[str, Any]:
        """Find training jobs by filters over their descriptions."""
        require(
            request["Resource"] == "TrainingJob",
            f"Search of {request['Resource']} is not supported by the local SageMaker; it has "
            "TrainingJob.",
        )
        expression = request.get("SearchExpression", {})
        require(
            "NestedFilters" not in expression and "SubExpressions" not in expression,
            "NestedFilters and SubExpressions are not supported by the local SageMaker; use "
            "Filters.",
        )
        jobs = self._store.training_jobs(required_value(expression, "TuningJobArn"))
        rows = [row for row in map(_searched, jobs) if matches(expression, row)]
        sort_by = request.get("SortBy", "LastModifiedTime")
        page, token = page_of(
            rows,
            request,
            sort_key=lambda row: _sortable(row, sort_by),
            name=lambda row: str(row["TrainingJobName"]),
            descending=request.get("SortOrder", "Descending") == "Descending",
        )
        results = [{"TrainingJob": {**row, "Tags": tag_list(row["Tags"])}} for row in page]
        hits = {"Value": len(rows), "Relation": "EqualTo"}
        return {"Results": results, "NextToken": token, "TotalHits": hits}

    def list_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """List a job's tags, by key."""
        job = self._store.by_arn(request["ResourceArn"])
        if job is None:
            raise ResourceNotFound(f"Resource {request['ResourceArn']} does not exist.")
        page, token = page_of(
            list(job.tags.items()),
            request,
            sort_key=lambda tag: tag[0],
            name=lambda tag: tag[0],
            descending=False,
            size=_MAX_TAGS,
        )
        return {"Tags": tag_list(dict(page)), "NextToken": token}


def _searched(job: TrainingJob) -> dict[str, Any]:
    metrics = {name: metric.value for name, metric in job.metrics.items()}
    return {**describe_training_job(job), "Tags": job.tags, "Metrics": metrics}


def _sortable(row: dict[str, Any], name: str) -> SortKey:
    value = next(property_of(row, name), "")
    return value if isinstance(value, str | int | float | datetime) else str(value)
