"""SageMaker's side of the workflow: jobs that end when a test says so, listings in pages, tags."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.fakes import START, FakeSageMaker, arn, client_error


def training_job(
    name: str,
    objective: float | None,
    *,
    status: str = "Completed",
    minute: int = 0,
    reason: str = "",
    **tuned: str,
) -> dict[str, Any]:
    """Make a training job of a tuning job, as a listing shows it."""
    summary: dict[str, Any] = {
        "TrainingJobName": name,
        "TrainingJobArn": arn("TrainingJob", name),
        "TrainingJobStatus": status,
        "CreationTime": START + timedelta(minutes=minute),
        "TunedHyperParameters": tuned,
    }
    if objective is not None:
        summary["FinalHyperParameterTuningJobObjectiveMetric"] = {
            "MetricName": "validation:balanced_accuracy",
            "Value": objective,
        }
    return {**summary, "FailureReason": reason} if reason else summary


def whole(summary: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make what Search shows of a training job that a listing summarizes."""
    summary = dict(summary)
    tuned = summary.pop("TunedHyperParameters")
    metric = summary.pop("FinalHyperParameterTuningJobObjectiveMetric", None)
    metrics = [{"MetricName": metric["MetricName"], "Value": metric["Value"]}] if metric else []
    static = {"_tuning_objective_metric": "validation:balanced_accuracy", "tunedrop_job": "tune"}
    return {
        **summary,
        "HyperParameters": {**static, **tuned},
        **({"FinalMetricDataList": metrics} if metrics else {}),
        **more,
    }


class WorkflowSageMaker(FakeSageMaker):
    """`FakeSageMaker` with listings, tags, and ends made by the test."""

    def __init__(self, page_size: int = 2) -> None:
        super().__init__(page_size)
        self.trained: dict[str, list[dict[str, Any]]] = {}

    # for tests

    def add(self, name: str, *, execution: str = "", status: str = "InProgress") -> None:
        """Make a job that somebody created."""
        tags = [{"Key": "tunedrop:execution", "Value": execution}] if execution else []
        field = "HyperParameterTuningJob" if name.startswith("td-") else "TrainingJob"
        self._jobs(field)[name] = {
            f"{field}Name": name,
            f"{field}Arn": arn(field, name),
            f"{field}Status": status,
            "Tags": tags,
        }

    def end(self, name: str, status: str = "Completed", reason: str = "") -> None:
        """End a job."""
        job = self._job(name)
        job[self._status_field(name)] = status
        job["CreationTime"] = START
        if reason:
            job["FailureReason"] = reason

    def status(self, name: str) -> str:
        """Return a job's status."""
        return str(self._job(name)[self._status_field(name)])

    def exists(self, name: str) -> bool:
        """Return whether there is a job of this name."""
        return name in self.tuning_jobs or name in self.training_jobs

    # boto3's operations

    def list_tags(self, **parameters: Any) -> dict[str, Any]:
        for job in (*self.tuning_jobs.values(), *self.training_jobs.values()):
            arns = (job.get("HyperParameterTuningJobArn"), job.get("TrainingJobArn"))
            if parameters["ResourceArn"] in arns:
                return self._page("Tags", job.get("Tags", []), parameters)
        raise client_error("ValidationException", 400, "no such resource", "ListTags")

    def list_training_jobs_for_hyper_parameter_tuning_job(
        self, **parameters: Any
    ) -> dict[str, Any]:
        name = parameters["HyperParameterTuningJobName"]
        self._known("HyperParameterTuningJob", parameters)
        jobs = [
            job
            for job in self.trained.get(name, [])
            if parameters.get("StatusEquals") in (None, job["TrainingJobStatus"])
        ]
        if parameters.get("SortBy") == "FinalObjectiveMetricValue":
            jobs.sort(key=_objective, reverse=parameters.get("SortOrder") == "Descending")
        return self._page("TrainingJobSummaries", jobs, parameters)

    def list_hyper_parameter_tuning_jobs(self, **parameters: Any) -> dict[str, Any]:
        jobs = self._matching("HyperParameterTuningJob", parameters)
        return self._page("HyperParameterTuningJobSummaries", jobs, parameters)

    def list_training_jobs(self, **parameters: Any) -> dict[str, Any]:
        jobs = self._matching("TrainingJob", parameters)
        return self._page("TrainingJobSummaries", jobs, parameters)

    def _matching(self, field: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            job
            for name, job in sorted(self._jobs(field).items())
            if parameters.get("NameContains", "") in name
            and parameters.get("StatusEquals") in (None, job[f"{field}Status"])
        ]

    def _job(self, name: str) -> dict[str, Any]:
        return self.tuning_jobs[name] if name in self.tuning_jobs else self.training_jobs[name]

    def _status_field(self, name: str) -> str:
        tuning = name in self.tuning_jobs
        return "HyperParameterTuningJobStatus" if tuning else "TrainingJobStatus"


def _objective(job: dict[str, Any]) -> float:
    metric = job.get("FinalHyperParameterTuningJobObjectiveMetric")
    return float(metric["Value"]) if metric else float("-inf")
