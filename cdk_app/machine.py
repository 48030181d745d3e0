"""A state machine with a name known beforehand, exact permissions, logs and traces; its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app.log_group import make_log_group
from cdk_app.permissions import Permission, make_role, of_this_account, trace
from cdk_app.retries import retry_what_passes


def make_state_machine(
    scope: Construct,
    *,
    name: str,
    comment: str,
    definition: sfn.IChainable,
    permissions: Sequence[Permission],
    timeout: Duration,
    log_retention_days: int,
    log_key_arn: str | None,
) -> sfn.StateMachine:
    """Make a state machine; its logs say which states were passed, never what was in them."""
    role = make_role(
        scope,
        "Role",
        service="states.amazonaws.com",
        description=f"State machine {name}",
        conditions=of_this_account(scope),
        permissions=[*permissions, _deliver_logs(), trace()],
    )
    # CloudWatch Logs takes logs of other services without growing its resource policy (which has a
    # length limit) only below /aws/vendedlogs/.
    log_group = make_log_group(
        scope,
        "Logs",
        name=f"/aws/vendedlogs/states/{name}",
        retention_days=log_retention_days,
        key_arn=log_key_arn,
    )
    return sfn.StateMachine(
        scope,
        "StateMachine",
        state_machine_name=name,
        comment=comment,
        definition_body=sfn.DefinitionBody.from_chainable(definition),
        role=role.without_policy_updates(),
        timeout=timeout,
        tracing_enabled=True,
        logs=sfn.LogOptions(
            destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False
        ),
    )


def invoke(
    scope: Construct,
    state: str,
    function: lambda_.IFunction,
    *,
    payload: sfn.TaskInput | dict[str, Any],
    comment: str,
    **options: Any,
) -> tasks.LambdaInvoke:
    """Make a task which calls a Lambda and outlasts what passes by itself."""
    task = tasks.LambdaInvoke(
        scope,
        state,
        lambda_function=function,
        payload=sfn.TaskInput.from_object(payload) if isinstance(payload, dict) else payload,
        comment=comment,
        retry_on_service_exceptions=False,  # ours are in `retries`
        **options,
    )
    retry_what_passes(task)
    return task


def invoking(*functions: lambda_.IFunction) -> Permission:
    """Return what a state machine needs to call these Lambdas in every version.

    Executions in flight call the versions of the deployment that they began with.
    """
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
