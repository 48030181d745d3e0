"""SageMaker's side of the workflow: jobs that end when a test says so, listings in pages, tags."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from tests.support.fakes import START, FakeClient, client_error


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


class WorkflowSageMaker(FakeClient):
    """SageMaker's jobs as given descriptions, with listings, tags, and ends made by the test."""

    service = "sagemaker"
    meta = SimpleNamespace(region_name="eu-west-1")

    def __init__(self, page_size: int = 2) -> None:
        super().__init__(page_size)
        self.tuning_jobs: dict[str, dict[str, Any]] = {}
        self.training_jobs: dict[str, dict[str, Any]] = {}
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

    def create_hyper_parameter_tuning_job(self, **parameters: Any) -> dict[str, Any]:
        return self._create("HyperParameterTuningJob", parameters)

    def create_training_job(self, **parameters: Any) -> dict[str, Any]:
        return self._create("TrainingJob", parameters)

    def describe_hyper_parameter_tuning_job(self, **parameters: Any) -> dict[str, Any]:
        return self._known("HyperParameterTuningJob", parameters)

    def describe_training_job(self, **parameters: Any) -> dict[str, Any]:
        return self._known("TrainingJob", parameters)

    def stop_hyper_parameter_tuning_job(self, **parameters: Any) -> dict[str, Any]:
        job = self._known("HyperParameterTuningJob", parameters)
        if job["HyperParameterTuningJobStatus"] == "InProgress":
            job["HyperParameterTuningJobStatus"] = "Stopping"
        return {}

    def stop_training_job(self, **parameters: Any) -> dict[str, Any]:
        job = self._known("TrainingJob", parameters)
        if (status := job["TrainingJobStatus"]) != "InProgress":
            message = f"The request was rejected because the training job is in status {status}"
            raise client_error("ValidationException", 400, message, "StopTrainingJob")
        job["TrainingJobStatus"] = "Stopping"
        return {}

    def _jobs(self, kind: str) -> dict[str, dict[str, Any]]:
        return self.training_jobs if kind == "TrainingJob" else self.tuning_jobs

    def _create(self, kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
        name, jobs = parameters[f"{kind}Name"], self._jobs(kind)
        if name.lower() in (job.lower() for job in jobs):
            message = f"A job with the name {name} already exists"
            raise client_error("ResourceInUse", 400, message, f"Create{kind}")
        answer = {f"{kind}Arn": arn(kind, name)}
        jobs[name] = {**parameters, f"{kind}Status": "InProgress", **answer}
        return answer

    def _known(self, kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
        name = parameters[f"{kind}Name"]
        if name not in self._jobs(kind):
            message = "Amazon SageMaker can't find a job with the name " + name
            raise client_error("ResourceNotFound", 400, message, f"Describe{kind}")
        return self._jobs(kind)[name]

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


def arn(kind: str, name: str) -> str:
    """Make the ARN of a SageMaker job."""
    part = "training-job" if kind == "TrainingJob" else "hyper-parameter-tuning-job"
    return f"arn:aws:sagemaker:eu-west-1:123456789012:{part}/{name}"
