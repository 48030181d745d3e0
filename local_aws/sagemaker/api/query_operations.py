"""Operations that look at jobs of both kinds: Search and the tags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_aws.sagemaker.api.descriptions import (
    describe_training_job,
    describe_tuning_job,
    tag_list,
)
from local_aws.sagemaker.api.listing import SortKey, page_of
from local_aws.sagemaker.api.search_expression import matches, property_of, required_value
from local_aws.sagemaker.api.training_rules import check_tags
from local_aws.sagemaker.api.wire import Rendered, Wire, render
from local_aws.sagemaker.errors import ResourceNotFound, ValidationError, require
from local_aws.sagemaker.jobs.store import Job, Store
from local_aws.sagemaker.jobs.training_job import TrainingJob

MAX_TAGS = 50

_NAMES = {
    "TrainingJob": "TrainingJobName",
    "HyperParameterTuningJob": "HyperParameterTuningJobName",
}


# Some 10 kB each.
_MOST_ENDED = 5000


@dataclass
class _Ended:
    """A training job that is over, as it is searched and as it is answered."""

    tags: dict[str, str]
    row: dict[str, Any]
    answer: Rendered | None = None


class QueryOperations:
    """Search, AddTags, ListTags, DeleteTags."""

    def __init__(self, store: Store, wire: Wire) -> None:
        self._store = store
        self._wire = wire
        self._ended: dict[str, _Ended] = {}

    def operations(self) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Map the names of operations to methods."""
        return {
            "Search": self.search,
            "AddTags": self.add_tags,
            "ListTags": self.list_tags,
            "DeleteTags": self.delete_tags,
        }

    def search(self, request: dict[str, Any]) -> dict[str, Any]:
        """Find jobs by an expression over their descriptions."""
        kind = request["Resource"]
        if kind not in _NAMES:
            raise ValidationError(
                f"Search of {kind} is not supported by the local SageMaker; it has "
                f"{' and '.join(_NAMES)}."
            )
        expression = request.get("SearchExpression")
        rows = [row for row in self._rows(kind, expression) if matches(expression, row)]
        sort_by = request.get("SortBy", "LastModifiedTime")
        page, token = page_of(
            rows,
            request,
            sort_key=lambda row: _sortable(row, sort_by),
            name=lambda row: str(row[_NAMES[kind]]),
            descending=request.get("SortOrder", "Descending") == "Descending",
        )
        results = [{kind: self._answer(kind, row)} for row in page]
        hits = {"Value": len(rows), "Relation": "EqualTo"}
        return {"Results": results, "NextToken": token, "TotalHits": hits}

    def add_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """Add tags to a job, or change them."""
        job = self._job(request)
        tags = {**job.tags, **check_tags(request["Tags"])}
        require(len(tags) <= MAX_TAGS, f"A resource can have at most {MAX_TAGS} tags.")
        self._set_tags(job, tags)
        return {"Tags": tag_list(tags)}

    def list_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """List a job's tags, by key."""
        page, token = page_of(
            list(self._job(request).tags.items()),
            request,
            sort_key=lambda tag: tag[0],
            name=lambda tag: tag[0],
            descending=False,
            size=MAX_TAGS,
        )
        return {"Tags": tag_list(dict(page)), "NextToken": token}

    def delete_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """Remove tags from a job; keys that it does not have are ignored."""
        job, gone = self._job(request), set(request["TagKeys"])
        self._set_tags(job, {key: value for key, value in job.tags.items() if key not in gone})
        return {}

    def _rows(self, kind: str, expression: dict[str, Any] | None) -> list[dict[str, Any]]:
        if kind == "HyperParameterTuningJob":
            return [
                {**describe_tuning_job(job), "Tags": job.tags} for job in self._store.tuning_jobs()
            ]
        arn = required_value(expression, "TuningJobArn")
        return [self._training_row(job) for job in self._store.training_jobs(arn)]

    def _training_row(self, job: TrainingJob) -> dict[str, Any]:
        """Describe a training job; what is over changes its tags only, and is described once."""
        ended = self._ended.get(job.name)
        if ended and ended.tags is job.tags and ended.row["CreationTime"] == job.created:
            return ended.row
        metrics = {name: metric.value for name, metric in job.metrics.items()}
        row = {**describe_training_job(job), "Tags": job.tags, "Metrics": metrics}
        if job.is_over:
            if len(self._ended) >= _MOST_ENDED:
                self._ended.clear()
            self._ended[job.name] = _Ended(job.tags, row)
        return row

    def _answer(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        """Make a result of a row; of a training job that is over, once."""
        answer = {**row, "Tags": tag_list(row["Tags"])}
        ended = self._ended.get(row["TrainingJobName"]) if kind == "TrainingJob" else None
        if ended is None or ended.row is not row:
            return answer
        if ended.answer is None:
            ended.answer = Rendered(render(self._wire.shape(kind), answer))
        return ended.answer

    def _job(self, request: dict[str, Any]) -> Job:
        job = self._store.by_arn(request["ResourceArn"])
        if job is None:
            raise ResourceNotFound(f"Resource {request['ResourceArn']} does not exist.")
        return job

    def _set_tags(self, job: Job, tags: dict[str, str]) -> None:
        # A new map each time: the training jobs of a tuning job share the one they started with.
        job.tags = tags
        self._store.save(job)


def _sortable(row: dict[str, Any], name: str) -> SortKey:
    value = next(property_of(row, name), "")
    return value if isinstance(value, str | int | float | datetime) else str(value)
