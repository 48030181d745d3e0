"""Scheduled retuning: a schedule, a Lambda that lists the datasets, a Map that starts their runs.

The state machine is always there (a person can start it too); the schedule only when it is set.
"""

from __future__ import annotations

import json

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.dead_letters import DeadLetters
from cdk_app.machine import invoke, invoking, make_state_machine
from cdk_app.notifications import alarm_on
from cdk_app.permissions import Permission, make_role, of_this_account
from cdk_app.retries import Retry
from cdk_app.settings import Settings

# EventBridge Scheduler puts the time of the tick here (ISO); it goes into the run's digest.
TICK = "<aws.scheduler.scheduled-time>"
# How Step Functions names it in states:startExecution, with and without the suffix of the API.
ALREADY_STARTED = (
    "StepFunctions.ExecutionAlreadyExistsException",
    "StepFunctions.ExecutionAlreadyExists",
    "ExecutionAlreadyExists",
)


class Retuning(Construct):
    """`<stack>-retune`, and its schedule."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        settings: Settings,
        retune: lambda_.IFunction,
        runs: sfn.IStateMachine,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        list_due = invoke(
            self,
            "ListDue",
            retune,
            comment="Which datasets are there, or which were named",
            # as it came: {"tick": ..., "datasets": ...}
            payload=sfn.TaskInput.from_json_path_at("$"),
            output_path="$.Payload",
        )
        self.state_machine = make_state_machine(
            self,
            name=name,
            comment="Starts a run for every dataset that is due (Tunedrop)",
            definition=list_due.next(self._start_runs(runs)),
            permissions=[
                invoking(retune),
                Permission(actions=["states:StartExecution"], resources=[runs.state_machine_arn]),
            ],
            timeout=Duration.hours(1),
            log_retention_days=settings.retention_days.logs,
            log_key_arn=settings.kms_key_arn,
        )
        alarm_on(
            self,
            self.state_machine.metric_failed(period=Duration.minutes(5)),
            meaning="A retuning failed: look at the last execution of its state machine.",
            topic=topic,
        )
        if settings.retuning.schedule is not None:
            self._schedule(settings, topic)

    def _start_runs(self, runs: sfn.IStateMachine) -> sfn.Map:
        started = sfn.Pass(self, "AlreadyStarted", comment="This tick was delivered twice")
        start = sfn.CustomState(
            self,
            "StartRun",
            state_json={
                "Type": "Task",
                "Resource": f"arn:{Stack.of(self).partition}:states:::states:startExecution",
                "Parameters": {
                    "StateMachineArn": runs.state_machine_arn,
                    "Name.$": "$.name",
                    "Input.$": "$.input",
                },
                "ResultPath": None,
            },
        )
        start.add_catch(started, errors=list(ALREADY_STARTED), result_path=sfn.JsonPath.DISCARD)
        # first, because States.TaskFailed below would match these too
        start.add_retry(errors=list(ALREADY_STARTED), max_attempts=0)
        Retry((sfn.Errors.TASKS_FAILED,), 5, max_delay_seconds=120, attempts=8).add_to(start)
        each = sfn.Map(
            self,
            "StartRuns",
            items_path="$.starts",
            max_concurrency=5,  # well below StartExecution's own rate limit
            result_path=sfn.JsonPath.DISCARD,
        )
        return each.item_processor(start)

    def _schedule(self, settings: Settings, topic: sns.ITopic) -> None:
        dead_letters = DeadLetters(
            self,
            "DeadLetters",
            meaning="A tick of the schedule could not start the retuning; start it by hand.",
            topic=topic,
        )
        role = make_role(
            self,
            "ScheduleRole",
            service="scheduler.amazonaws.com",
            description=f"Schedule of {self.state_machine.node.path}",
            conditions=of_this_account(self),
            permissions=[
                Permission(
                    actions=["states:StartExecution"],
                    resources=[self.state_machine.state_machine_arn],
                ),
                dead_letters.sending(),
            ],
        )
        datasets = settings.retuning.datasets
        scheduler.CfnSchedule(
            self,
            "Schedule",
            description="Starts scheduled retuning (Tunedrop)",
            schedule_expression=str(settings.retuning.schedule),
            schedule_expression_timezone=settings.retuning.timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.state_machine.state_machine_arn,
                role_arn=role.role_arn,
                input=json.dumps({"tick": TICK, "datasets": list(datasets) if datasets else None}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=dead_letters.queue.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=6 * 3600, maximum_retry_attempts=50
                ),
            ),
        )
