"""The state machine of a run: its role with exact permissions, its logs, its alarms."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_app.functions import Functions
from cdk_app.lambda_function import make_log_group
from cdk_app.notifications import Notifications, alarm_on
from cdk_app.permissions import Permission, make_role, of_this_account, trace
from cdk_app.run_states import RunStates
from cdk_app.settings import Settings


class RunStateMachine(Construct):
    """`<stack>-run`: one execution for each run, started by Admit with `{"dataset", "run_id"}`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        settings: Settings,
        functions: Functions,
        notifications: Notifications,
    ) -> None:
        super().__init__(scope, construct_id)
        topic = notifications.topic
        states = RunStates(
            self, functions=functions, topic=topic, heartbeat_seconds=settings.heartbeat_seconds
        )
        functions_of_states = (
            functions.plan_run, functions.start_job, functions.await_job, functions.write_report,
            functions.record_failure,
        )  # fmt: skip
        role = make_role(
            self,
            "Role",
            service="states.amazonaws.com",
            description=f"State machine {name}",
            conditions=of_this_account(self),
            permissions=[
                _invoking(functions_of_states),
                *notifications.publishing(),
                _deliver_logs(),
                trace(),
            ],
        )
        # CloudWatch Logs takes logs of other services without growing its resource policy (which
        # has a length limit) only below /aws/vendedlogs/.
        log_group = make_log_group(self, f"/aws/vendedlogs/states/{name}", settings)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            comment="A dataset becomes a tuned model and a report (Tunedrop)",
            definition_body=sfn.DefinitionBody.from_chainable(states.definition()),
            role=role.without_policy_updates(),
            timeout=Duration.seconds(settings.run_timeout_seconds),
            tracing_enabled=True,
            # Which states were passed, never what was in them.
            logs=sfn.LogOptions(
                destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        self._add_alarms(topic)

    def _add_alarms(self, topic: sns.ITopic) -> None:
        # Timing out skips every Catch, and so NotifyFailure.
        alarm_on(
            self,
            self.state_machine.metric_timed_out(),
            meaning="A run took longer than run_timeout_seconds and was cut off. StopJobs stops "
            "its jobs; the failure.json of the run says what to do.",
            topic=topic,
            construct_id="TimedOut",
        )
        alarm_on(
            self,
            self.state_machine.metric_failed(),
            meaning="A run failed, and not by its input: the failure.json of the run says what to "
            "do. An execution with none is found by the hourly reconciliation of StopJobs.",
            topic=topic,
            construct_id="Failed",
        )


def _invoking(functions: Sequence[lambda_.Function]) -> Permission:
    """Call these Lambdas in every version: executions in flight call those they began with."""
    arns = [function.function_arn for function in functions]
    return Permission(
        actions=["lambda:InvokeFunction"],
        resources=[*arns, *(f"{arn}:*" for arn in arns)],
        wildcard="Versions are numbered by Lambda; each deployment adds some, and none is foreign.",
    )


def _deliver_logs() -> Permission:
    return Permission(
        actions=[
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ],
        resources=["*"],
        wildcard="Step Functions sets up its log delivery with actions that have no resources.",
    )
