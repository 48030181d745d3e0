"""AWS for WriteReport: Search over training jobs, and S3's managed copy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.unit.fake_sagemaker import WorkflowSageMaker
from tests.unit.fakes import FakeS3, client_error


class ReportSageMaker(WorkflowSageMaker):
    """`WorkflowSageMaker` with Search, which knows `seconds` and lags behind on the rest."""

    meta = SimpleNamespace(region_name="eu-west-1")

    def __init__(self) -> None:
        super().__init__()
        self.seconds: dict[str, tuple[int, int]] = {}
        self.metrics: dict[str, dict[str, float]] = {}

    def search(self, **parameters: Any) -> dict[str, Any]:
        self._begin("Search", parameters)
        (wanted,) = parameters["SearchExpression"]["Filters"]
        assert (parameters["Resource"], wanted["Name"]) == ("TrainingJob", "TuningJobArn")
        tuning_job = wanted["Value"].rpartition("/")[2]
        results = []
        for job in self.trained.get(tuning_job, []):
            found: dict[str, Any] = {"TrainingJobName": job["TrainingJobName"]}
            if job["TrainingJobName"] in self.seconds:
                training, billable = self.seconds[job["TrainingJobName"]]
                found |= {"TrainingTimeInSeconds": training, "BillableTimeInSeconds": billable}
            if job["TrainingJobName"] in self.metrics:
                found["FinalMetricDataList"] = [
                    {"MetricName": name, "Value": value}
                    for name, value in self.metrics[job["TrainingJobName"]].items()
                ]
            results.append({"TrainingJob": found})
        return self._page("Results", results, parameters)


class ReportS3(FakeS3):
    """`FakeS3` with the managed copy, which asks for the source's head first."""

    def copy(self, source: dict[str, str], bucket: str, key: str) -> None:
        with self._lock:
            version = self._newest(source["Key"])
            if version is None:
                raise client_error("404", 404, "Not Found", "HeadObject")
            self._store(key, version.body, version.content_type)
