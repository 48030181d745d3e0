"""The event rules and the schedules: what may start runs, resume them, or stop their jobs.

Patterns are coarse where events cannot say more; Admit, ResumeRun and StopJobs look closely.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.access import send_to
from cdk_app.permissions import make_role, of_this_account
from cdk_app.queues import Arrivals, PredictQueue
from cdk_app.settings import RetuningSchedule

JOB_IS_OVER = ["Completed", "Failed", "Stopped"]
RUN_WAS_CUT_OFF = ["ABORTED", "FAILED", "TIMED_OUT"]
RUN_IS_OVER = [*RUN_WAS_CUT_OFF, "SUCCEEDED"]

# An event that cannot be delivered is tried for this long, then it is a dead letter.
MAX_AGE = Duration.hours(6)
RETRY_ATTEMPTS = 50

# EventBridge Scheduler puts the scheduled time here (ISO).
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


def route_to_admission(
    scope: Construct,
    *,
    bucket: s3.IBucket,
    state_machine_arn: str,
    arrivals: Arrivals,
) -> None:
    """Send to Arrivals: a file of a dataset arrived, a run is over, an hour has passed.

    Events are delivered whole: an input transformer breaks on a quotation mark in a key.
    """
    options = _delivery(arrivals.dead_letters)
    event = targets.SqsQueue(arrivals.queue, **options)
    reconcile = events.RuleTargetInput.from_object({"reconcile": True})
    events.Rule(
        scope,
        "ObjectCreated",
        description="A file of a dataset arrived: Admit looks at the dataset",
        event_pattern=_object_created(bucket, "datasets/"),
        targets=[event],
    )
    events.Rule(
        scope,
        "RunIsOver",
        description="An execution ended: Admit frees its slot and starts who waits",
        event_pattern=_execution_ended(state_machine_arn, RUN_IS_OVER),
        targets=[event],
    )
    events.Rule(
        scope,
        "HourlyReconciliation",
        description="Events may be lost: Admit finds hourly what has no run",
        schedule=events.Schedule.rate(Duration.hours(1)),
        targets=[targets.SqsQueue(arrivals.queue, message=reconcile, **options)],
    )


def route_to_predict(scope: Construct, *, bucket: s3.IBucket, predict_queue: PredictQueue) -> None:
    """Send to the queue of Predict: a file of rows arrived, an hour has passed."""
    options = _delivery(predict_queue.dead_letters)
    events.Rule(
        scope,
        "RowsToPredict",
        description="A file of rows arrived: Predict answers it",
        event_pattern=_object_created(bucket, "predict/"),
        targets=[targets.SqsQueue(predict_queue.queue, **options)],
    )
    reconcile = events.RuleTargetInput.from_object({"reconcile": True})
    events.Rule(
        scope,
        "HourlyReconciliation",
        description="Events may be lost: Predict finds hourly what has no answer",
        schedule=events.Schedule.rate(Duration.hours(1)),
        targets=[targets.SqsQueue(predict_queue.queue, message=reconcile, **options)],
    )


def route_to_write_report(
    scope: Construct,
    *,
    bucket: s3.IBucket,
    write_report: lambda_.Function,
    dead_letters: sqs.IQueue,
) -> None:
    """Call WriteReport when a check of a model in use was written."""
    _keep_failures(write_report, dead_letters)
    events.Rule(
        scope,
        "ModelWasChecked",
        description="A model in use was checked: WriteReport shows it and announces a worse one",
        event_pattern=_object_created(bucket, "checks/"),
        targets=[targets.LambdaFunction(write_report, **_delivery(dead_letters))],
    )


def schedule_starts(
    scope: Construct, *, schedules: Sequence[RetuningSchedule], arrivals: Arrivals
) -> None:
    """Send each scheduled start to Arrivals, at least once; Admit lists the datasets."""
    role = make_role(
        scope,
        "ScheduleRole",
        service="scheduler.amazonaws.com",
        description=f"Schedules of {scope.node.path}",
        conditions=of_this_account(scope),
        permissions=[send_to(arrivals.queue), send_to(arrivals.dead_letters)],
    )
    for schedule in schedules:
        scheduler.CfnSchedule(
            scope,
            f"Schedule-{schedule.name}",
            description=f"Starts scheduled retuning: {schedule.name} (Tunedrop)",
            schedule_expression=schedule.expression,
            schedule_expression_timezone=schedule.timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=arrivals.queue.queue_arn,
                role_arn=role.role_arn,
                input=json.dumps(
                    {
                        "scheduled_start": SCHEDULED_TIME,
                        "schedule": schedule.name,
                        "datasets": schedule.datasets,
                        "when": schedule.when,
                    }
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=arrivals.dead_letters.queue_arn
                ),
                # Scheduler's maxima, a day: nothing else knows of a start that it did not deliver.
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=86_400, maximum_retry_attempts=185
                ),
            ),
        )


def route_to_resume_run(
    scope: Construct, *, job_prefix: str, resume_run: lambda_.Function, dead_letters: sqs.IQueue
) -> None:
    """Call ResumeRun when one of our jobs is over."""
    _keep_failures(resume_run, dead_letters)
    target = targets.LambdaFunction(resume_run, **_delivery(dead_letters))
    for rule, job, event, name, prefix in (
        ("TuningJobIsOver", "tuning", "HyperParameter Tuning", "HyperParameterTuning", "td"),
        ("ConfirmIsOver", "Confirm", "Training", "Training", "tc"),
    ):
        events.Rule(
            scope,
            rule,
            description=f"A {job} job is over: the execution that waits for it goes on",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=[f"SageMaker {event} Job State Change"],
                detail={
                    f"{name}JobName": [{"prefix": f"{prefix}-{job_prefix}-"}],
                    f"{name}JobStatus": JOB_IS_OVER,
                },
            ),
            targets=[target],
        )


def route_to_stop_jobs(
    scope: Construct,
    *,
    state_machine_arn: str,
    stop_jobs: lambda_.Function,
    dead_letters: sqs.IQueue,
) -> None:
    """Call StopJobs when a run was cut off, and every hour."""
    _keep_failures(stop_jobs, dead_letters)
    options = _delivery(dead_letters)
    reconcile = events.RuleTargetInput.from_object(
        {"reconcile": True, "state_machine": state_machine_arn}
    )
    events.Rule(
        scope,
        "RunWasCutOff",
        description="An execution failed, was aborted or timed out: its jobs are stopped",
        event_pattern=_execution_ended(state_machine_arn, RUN_WAS_CUT_OFF),
        targets=[targets.LambdaFunction(stop_jobs, **options)],
    )
    events.Rule(
        scope,
        "HourlyReconciliation",
        description="Events are best effort: jobs that were left running are found hourly",
        schedule=events.Schedule.rate(Duration.hours(1)),
        targets=[targets.LambdaFunction(stop_jobs, event=reconcile, **options)],
    )


def _delivery(dead_letters: sqs.IQueue) -> dict[str, Any]:
    return {
        "dead_letter_queue": dead_letters,
        "max_event_age": MAX_AGE,
        "retry_attempts": RETRY_ATTEMPTS,
    }


def _keep_failures(function: lambda_.Function, dead_letters: sqs.IQueue) -> None:
    """Keep events that the Lambda itself failed on, after its own two retries."""
    function.configure_async_invoke(
        on_failure=destinations.SqsDestination(dead_letters),
        retry_attempts=2,
        max_event_age=MAX_AGE,
    )


def _object_created(bucket: s3.IBucket, prefix: str) -> events.EventPattern:
    return events.EventPattern(
        source=["aws.s3"],
        detail_type=["Object Created"],
        detail={
            "bucket": {"name": [bucket.bucket_name]},
            "object": {"key": [{"prefix": prefix}]},
        },
    )


def _execution_ended(state_machine_arn: str, statuses: list[str]) -> events.EventPattern:
    return events.EventPattern(
        source=["aws.states"],
        detail_type=["Step Functions Execution Status Change"],
        detail={"stateMachineArn": [state_machine_arn], "status": statuses},
    )
