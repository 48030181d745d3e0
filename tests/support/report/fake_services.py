"""SageMaker for WriteReport: with Search over training jobs."""

from __future__ import annotations

from typing import Any

from tests.support.fake_sagemaker import WorkflowSageMaker, whole


class ReportSageMaker(WorkflowSageMaker):
    """`WorkflowSageMaker` with Search, which lags behind on the training jobs in `unknown`."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: dict[str, tuple[int, int]] = {}
        self.metrics: dict[str, dict[str, float]] = {}
        self.unknown: set[str] = set()

    def search(self, **parameters: Any) -> dict[str, Any]:
        self._begin("Search", parameters)
        (wanted,) = parameters["SearchExpression"]["Filters"]
        assert (parameters["Resource"], wanted["Name"]) == ("TrainingJob", "TuningJobArn")
        tuning_job = wanted["Value"].rpartition("/")[2]
        results = []
        for job in self.trained.get(tuning_job, []):
            name = job["TrainingJobName"]
            if name in self.unknown:
                continue
            found = whole(job)
            if name in self.seconds:
                training, billable = self.seconds[name]
                found |= {"TrainingTimeInSeconds": training, "BillableTimeInSeconds": billable}
            found["FinalMetricDataList"] = [
                *found.get("FinalMetricDataList", []),
                *({"MetricName": k, "Value": v} for k, v in self.metrics.get(name, {}).items()),
            ]
            results.append({"TrainingJob": found})
        return self._page("Results", results, parameters)
