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
        (search_filter,) = parameters["SearchExpression"]["Filters"]
        assert (parameters["Resource"], search_filter["Name"]) == ("TrainingJob", "TuningJobArn")
        tuning_job = search_filter["Value"].rpartition("/")[2]
        results = []
        for job in self.trained.get(tuning_job, []):
            name = job["TrainingJobName"]
            if name in self.unknown:
                continue
            document = whole(job)
            if name in self.seconds:
                training, billable = self.seconds[name]
                document |= {"TrainingTimeInSeconds": training, "BillableTimeInSeconds": billable}
            document["FinalMetricDataList"] = [
                *document.get("FinalMetricDataList", []),
                *({"MetricName": k, "Value": v} for k, v in self.metrics.get(name, {}).items()),
            ]
            results.append({"TrainingJob": document})
        return self._page("Results", results, parameters)
