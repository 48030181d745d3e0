"""Descriptions of jobs: answers of Describe, List and Search, and the events of EventBridge.

A row of a list has less than a description: rendering leaves out members that the model lacks.
An event's detail is the Describe answer with times in epoch milliseconds and tags as a map. Events
leave in order, from one thread, so that no job waits for their receivers.
"""

from __future__ import annotations

import logging
import queue
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws import ACCOUNT, REGION
from local_aws.sagemaker.api.wire import Wire, render
from local_aws.sagemaker.jobs.training_job import TrainingJob, now
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.search.definition import OBJECTIVE_HYPERPARAMETER

log = logging.getLogger(__name__)

TUNING_JOB_EVENT = "SageMaker HyperParameter Tuning Job State Change"
TRAINING_JOB_EVENT = "SageMaker Training Job State Change"


def describe_training_job(job: TrainingJob) -> dict[str, Any]:
    """Return the answer of DescribeTrainingJob: the request and the outcome."""
    with job.lock:
        output = {"KmsKeyId": "", "CompressionType": "GZIP", **job.request["OutputDataConfig"]}
        return {
            **job.request,
            "OutputDataConfig": output,
            "TrainingJobName": job.name,
            "TrainingJobArn": job.arn,
            "TuningJobArn": job.tuned and job.tuned.tuning_job_arn,
            "ModelArtifacts": {"S3ModelArtifacts": job.artifact or ""},
            "TrainingJobStatus": job.status,
            "SecondaryStatus": job.secondary_status,
            "FailureReason": job.failure_reason,
            "CreationTime": job.created,
            "TrainingStartTime": job.started,
            "TrainingEndTime": job.ended,
            "LastModifiedTime": job.modified,
            "SecondaryStatusTransitions": [
                {
                    "Status": item.status,
                    "StartTime": item.start,
                    "EndTime": item.end,
                    "StatusMessage": item.message,
                }
                for item in job.transitions
            ],
            "FinalMetricDataList": [
                {"MetricName": name, "Value": metric.value, "Timestamp": metric.time}
                for name, metric in job.metrics.items()
            ]
            or None,
            "TrainingTimeInSeconds": job.training_seconds,
            "BillableTimeInSeconds": job.training_seconds,
        }


def describe_tuned_job(job: TrainingJob) -> dict[str, Any]:
    """Return a row of ListTrainingJobsForHyperParameterTuningJob, or a BestTrainingJob."""
    tuned = job.tuned
    if tuned is None:
        raise ValueError(f"{job.name} belongs to no tuning job")
    with job.lock:
        objective = {"Type": tuned.objective_type, "MetricName": tuned.metric}
        return {
            **describe_training_job(job),
            "TunedHyperParameters": tuned.hyperparameters,
            "FinalHyperParameterTuningJobObjectiveMetric": None
            if job.objective is None
            else {**objective, "Value": job.objective},
            "ObjectiveStatus": job.objective_status,
        }


def describe_tuning_job(job: TuningJob) -> dict[str, Any]:
    """Return the answer of DescribeHyperParameterTuningJob, or a row of the list."""
    best = job.best()
    with job.lock:
        seconds = ((job.ended or now()) - job.created).total_seconds()
        return {
            **job.request,
            "HyperParameterTuningJobName": job.name,
            "HyperParameterTuningJobArn": job.arn,
            "HyperParameterTuningJobStatus": job.status,
            "Strategy": job.config["Strategy"],
            "ResourceLimits": job.config["ResourceLimits"],
            "CreationTime": job.created,
            "HyperParameterTuningEndTime": job.ended,
            "LastModifiedTime": job.modified,
            "TrainingJobStatusCounters": job.status_counters(),
            "ObjectiveStatusCounters": job.objective_counters(),
            "TrainingJobDefinition": _with_objective(job.request),
            "BestTrainingJob": best and describe_tuned_job(best),
            "FailureReason": job.failure_reason,
            "TuningJobCompletionDetails": {
                "NumberOfTrainingJobsObjectiveNotImproving": job.not_improving,
                "ConvergenceDetectedTime": job.converged_at,
            },
            "ConsumedResources": {"RuntimeInSeconds": int(seconds)},
        }


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _with_objective(request: dict[str, Any]) -> dict[str, Any]:
    definition, config = request["TrainingJobDefinition"], request["HyperParameterTuningJobConfig"]
    metric = config["HyperParameterTuningJobObjective"]["MetricName"]
    shown = {**definition.get("StaticHyperParameters", {}), OBJECTIVE_HYPERPARAMETER: metric}
    output = {"KmsKeyId": "", **definition["OutputDataConfig"]}
    return {**definition, "StaticHyperParameters": shown, "OutputDataConfig": output}


class Events:
    """Sends events about jobs."""

    def __init__(self, emit: Callable[[dict[str, Any]], None], wire: Wire) -> None:
        self._emit = emit
        self._wire = wire
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sagemaker-events", daemon=True)
        self._thread.start()

    def publish(self, job: TrainingJob | TuningJob) -> None:
        """Send an event with a job's state at this moment."""
        self._queue.put(self._event(job))

    def close(self) -> None:
        """Send the pending events, for two seconds at most."""
        self._queue.put(None)
        self._thread.join(2)

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            try:
                self._emit(event)
            except Exception:
                # Delivery is best effort on AWS too: receivers must also poll.
                log.exception("an event of %s was not delivered", event["resources"])

    def _event(self, job: TrainingJob | TuningJob) -> dict[str, Any]:
        if isinstance(job, TuningJob):
            kind, operation = TUNING_JOB_EVENT, "DescribeHyperParameterTuningJob"
            description = describe_tuning_job(job)
        else:
            kind, operation = TRAINING_JOB_EVENT, "DescribeTrainingJob"
            description = describe_training_job(job)
        shape = self._wire.model.operation_model(operation).output_shape
        detail = render(shape, description, moment=_milliseconds)
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": "aws.sagemaker",
            "account": ACCOUNT,
            "time": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [job.arn],
            "detail": {**detail, "Tags": dict(job.tags)},
        }


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
