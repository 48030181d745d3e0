"""The event rules: what may start runs, what resumes them, what stops their jobs.

Patterns are coarse where events cannot say more; Admit, ResumeRun and StopJobs look closely.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.dead_letters import DeadLetters

JOB_IS_OVER = ["Completed", "Failed", "Stopped"]
RUN_WAS_CUT_OFF = ["ABORTED", "FAILED", "TIMED_OUT"]
RUN_IS_OVER = [*RUN_WAS_CUT_OFF, "SUCCEEDED"]

# An event that cannot be delivered is tried for this long, then it is a dead letter.
MAX_AGE = Duration.hours(6)
RETRY_ATTEMPTS = 50


class DoorEvents(Construct):
    """A file of a dataset arrives, a run is over, an hour has passed -> Arrivals, event by event.

    Events are delivered whole: an input transformer breaks on a quotation mark in a key.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        state_machine_arn: str,
        arrivals: sqs.IQueue,
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, construct_id)
        self._arrivals = arrivals
        self._dead_letters = dead_letters
        events.Rule(
            self,
            "ObjectCreated",
            description="A file of a dataset arrived: Admit looks at the dataset",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"prefix": "datasets/"}]},
                },
            ),
            targets=[self._target()],
        )
        events.Rule(
            self,
            "RunIsOver",
            description="An execution ended: Admit frees its slot and starts who waits",
            event_pattern=_execution_ended(state_machine_arn, RUN_IS_OVER),
            targets=[self._target()],
        )
        events.Rule(
            self,
            "HourlySweep",
            description="Events may be lost: Admit finds hourly what has no run",
            schedule=events.Schedule.rate(Duration.hours(1)),
            targets=[self._target(events.RuleTargetInput.from_object({"sweep": True}))],
        )

    def _target(self, message: events.RuleTargetInput | None = None) -> targets.SqsQueue:
        return targets.SqsQueue(
            self._arrivals,
            message=message,
            dead_letter_queue=self._dead_letters.queue,
            max_event_age=MAX_AGE,
            retry_attempts=RETRY_ATTEMPTS,
        )


class JobEvents(Construct):
    """One of our jobs is over -> ResumeRun."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        job_prefix: str,
        resume_run: lambda_.IFunction,
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, construct_id)
        target = _lambda_target(resume_run, dead_letters)
        for rule, job, event, name, prefix in (
            ("TuningJobIsOver", "tuning", "HyperParameter Tuning", "HyperParameterTuning", "td"),
            ("ConfirmIsOver", "Confirm", "Training", "Training", "tc"),
        ):
            events.Rule(
                self,
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


class StopEvents(Construct):
    """A run was cut off, or an hour has passed -> StopJobs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        state_machine_arn: str,
        stop_jobs: lambda_.IFunction,
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, construct_id)
        events.Rule(
            self,
            "RunWasCutOff",
            description="An execution failed, was aborted or timed out: its jobs are stopped",
            event_pattern=_execution_ended(state_machine_arn, RUN_WAS_CUT_OFF),
            targets=[_lambda_target(stop_jobs, dead_letters)],
        )
        events.Rule(
            self,
            "HourlySweep",
            description="Events are best effort: jobs that were left running are found hourly",
            schedule=events.Schedule.rate(Duration.hours(1)),
            targets=[
                _lambda_target(
                    stop_jobs,
                    dead_letters,
                    event=events.RuleTargetInput.from_object(
                        {"sweep": True, "state_machine": state_machine_arn}
                    ),
                )
            ],
        )


def send_failures_to(function: lambda_.Function, dead_letters: DeadLetters) -> None:
    """Keep events that the Lambda itself failed on, after its own two retries."""
    function.configure_async_invoke(
        on_failure=destinations.SqsDestination(dead_letters.queue),
        retry_attempts=2,
        max_event_age=MAX_AGE,
    )


def _execution_ended(state_machine_arn: str, statuses: list[str]) -> events.EventPattern:
    return events.EventPattern(
        source=["aws.states"],
        detail_type=["Step Functions Execution Status Change"],
        detail={"stateMachineArn": [state_machine_arn], "status": statuses},
    )


def _lambda_target(
    function: lambda_.IFunction,
    dead_letters: DeadLetters,
    event: events.RuleTargetInput | None = None,
) -> targets.LambdaFunction:
    return targets.LambdaFunction(
        function,
        dead_letter_queue=dead_letters.queue,
        max_event_age=MAX_AGE,
        retry_attempts=RETRY_ATTEMPTS,
        event=event,
    )
