"""How far a run is: what its plan, SageMaker and Step Functions say, in one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local_aws.clients import Clients
from local_aws.run_folder import RunFolder

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeHyperParameterTuningJobResponseTypeDef

ENDED = ("SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT")


@dataclass(frozen=True)
class TuningJobProgress:
    """One tuning job: its training jobs, and the best objective so far."""

    name: str
    estimator: str
    status: str
    total: int
    completed: int = 0
    running: int = 0
    failed: int = 0
    stopped: int = 0
    best: float | None = None


@dataclass(frozen=True)
class Progress:
    """One look at a run."""

    run_id: str
    execution_status: str
    objective: str = ""
    decisions: tuple[str, ...] = ()
    tuning_jobs: tuple[TuningJobProgress, ...] = ()
    confirm: str = ""
    report_written: bool = False

    @property
    def ended(self) -> bool:
        """Whether the run's execution is over."""
        return self.execution_status in ENDED

    @property
    def best(self) -> float | None:
        """The best objective of all tuning jobs so far; greater is better for every metric."""
        found = [job.best for job in self.tuning_jobs if job.best is not None]
        return max(found, default=None)


class Watch:
    """Looks at one run."""

    def __init__(self, clients: Clients, folder: RunFolder, execution: str) -> None:
        self._clients = clients
        self._folder = folder
        self._execution = execution
        self._plan: dict[str, Any] | None = None

    def look(self) -> Progress:
        """Look once."""
        status = self._clients.steps.describe_execution(executionArn=self._execution)["status"]
        self._plan = self._plan or self._folder.read("plan.json")
        if self._plan is None:
            return Progress(self._folder.run_id, status)
        jobs = tuple(self._tuning_job(planned) for planned in self._plan["tuning_jobs"])
        return Progress(
            run_id=self._folder.run_id,
            execution_status=status,
            objective=self._plan["metric"]["objective"],
            decisions=tuple(self._plan["decisions"]),
            tuning_jobs=jobs,
            confirm=self._confirm(self._plan["confirm"]["name"]),
            report_written=status == "SUCCEEDED",
        )

    def _tuning_job(self, planned: dict[str, Any]) -> TuningJobProgress:
        estimator, total = planned["estimator"]["key"], planned["max_training_jobs"]
        try:
            found = self._clients.sagemaker.describe_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=planned["name"]
            )
        except ClientError as error:
            if _is_missing(error):
                return TuningJobProgress(planned["name"], estimator, "NotStarted", total)
            raise
        counters = found["TrainingJobStatusCounters"]
        return TuningJobProgress(
            name=planned["name"],
            estimator=estimator,
            status=found["HyperParameterTuningJobStatus"],
            total=total,
            completed=counters.get("Completed", 0),
            running=counters.get("InProgress", 0),
            failed=counters.get("NonRetryableError", 0) + counters.get("RetryableError", 0),
            stopped=counters.get("Stopped", 0),
            best=_best(found),
        )

    def _confirm(self, name: str) -> str:
        try:
            found = self._clients.sagemaker.describe_training_job(TrainingJobName=name)
        except ClientError as error:
            if _is_missing(error):
                return ""
            raise
        return found["TrainingJobStatus"]


def _best(found: DescribeHyperParameterTuningJobResponseTypeDef) -> float | None:
    metric = found.get("BestTrainingJob", {}).get("FinalHyperParameterTuningJobObjectiveMetric")
    return metric["Value"] if metric else None


def _is_missing(error: ClientError) -> bool:
    found = error.response.get("Error", {})
    # DescribeTrainingJob answers ValidationException "Requested resource not found."
    return found.get("Code") == "ResourceNotFound" or (
        found.get("Code") == "ValidationException"
        and "not found" in found.get("Message", "").lower()
    )
