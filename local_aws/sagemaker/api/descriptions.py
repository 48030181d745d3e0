"""How jobs look from outside: the answers of Describe, List and Search, before rendering.

A row of a list has less than a description: rendering leaves out what the model does not know of.
"""

from __future__ import annotations

from typing import Any

from local_aws.sagemaker.jobs.training_job import TrainingJob, now
from local_aws.sagemaker.jobs.tuning_job import TuningJob
from local_aws.sagemaker.search.definition import OBJECTIVE_HYPERPARAMETER


def describe_training_job(job: TrainingJob) -> dict[str, Any]:
    """Answer DescribeTrainingJob: the request itself and all that became of it."""
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
    """Make a row of ListTrainingJobsForHyperParameterTuningJob, or a BestTrainingJob."""
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
    """Answer DescribeHyperParameterTuningJob, and make a row of ListHyperParameterTuningJobs."""
    best, overall = job.best(), job.overall_best()
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
            "OverallBestTrainingJob": overall
            and overall.tuned
            and {**describe_tuned_job(overall), "TuningJobName": overall.tuned.tuning_job},
            "FailureReason": job.failure_reason,
            "TuningJobCompletionDetails": {
                "NumberOfTrainingJobsObjectiveNotImproving": job.not_improving,
                "ConvergenceDetectedTime": job.converged_at,
            },
            "ConsumedResources": {"RuntimeInSeconds": int(seconds)},
        }


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Write tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _with_objective(request: dict[str, Any]) -> dict[str, Any]:
    definition, config = request["TrainingJobDefinition"], request["HyperParameterTuningJobConfig"]
    metric = config["HyperParameterTuningJobObjective"]["MetricName"]
    shown = {**definition.get("StaticHyperParameters", {}), OBJECTIVE_HYPERPARAMETER: metric}
    output = {"KmsKeyId": "", **definition["OutputDataConfig"]}
    return {**definition, "StaticHyperParameters": shown, "OutputDataConfig": output}
