"""The event rules: what starts runs, what resumes them, what stops their jobs.

Patterns are coarse where events cannot say more; PlanRun, ResumeRun and StopJobs look closely.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.dead_letters import DeadLetters
from cdk_app.permissions import Permission, make_role, of_this_account

JOB_IS_OVER = ["Completed", "Failed", "Stopped"]
RUN_WAS_CUT_OFF = ["ABORTED", "FAILED", "TIMED_OUT"]

# An event that cannot be delivered is tried for this long, then it is a dead letter.
MAX_AGE = Duration.hours(6)
RETRY_ATTEMPTS = 50


class DatasetEvents(Construct):
    """A file of a dataset arrives -> an execution of the state machine."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: s3.IBucket,
        runs: sfn.IStateMachine,
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, construct_id)
        role = make_role(
            self,
            "Role",
            service="events.amazonaws.com",
            description="Starts runs for datasets that arrive",
            conditions=of_this_account(self),
            permissions=[
                Permission(actions=["states:StartExecution"], resources=[runs.state_machine_arn])
            ],
        )
        events.Rule(
            self,
            "ObjectCreated",
            description="A file of a dataset arrived: a run starts",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"prefix": "datasets/"}]},
                },
            ),
            targets=[
                targets.SfnStateMachine(
                    runs,
                    role=role.without_policy_updates(),
                    dead_letter_queue=dead_letters.queue,
                    max_event_age=MAX_AGE,
                    retry_attempts=RETRY_ATTEMPTS,
                )
            ],
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
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [state_machine_arn], "status": RUN_WAS_CUT_OFF},
            ),
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
