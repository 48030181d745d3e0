"""One Lambda: its role with exact permissions, its log group, its alarms, its versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Size, Stack, Token
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_app.context import SettingsError
from cdk_app.kms_and_vpc import network_interface_permissions, use_key_and_subnets
from cdk_app.notifications import alarm_on
from cdk_app.permissions import Permission, acknowledge, make_role, trace, write_logs
from cdk_app.settings import Settings
from cdk_app.training import TrainingImage

_ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}

# Lambda's limit for all variables, as JSON; an ARN or URI that only the deployment knows has 200 at
# most. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_VARIABLES_BYTES = 4096
_UNKNOWN_VALUE = "x" * 200

_RUNTIME = "The runtime is the setting lambda_python; the libraries' wheels are built for it."


def options_of_asset(name: str, code: lambda_.Code, settings: Settings) -> dict[str, Any]:
    """Return the CDK's options of the Lambda `name` in a zip asset."""
    return {
        "code": code,
        "handler": _handler(name),
        "runtime": lambda_.Runtime(f"python{settings.lambda_python}", lambda_.RuntimeFamily.PYTHON),
        "architecture": _ARCHITECTURES[settings.lambda_architecture],
    }


def options_of_image(name: str, image: TrainingImage) -> dict[str, Any]:
    """Return the CDK's options of the Lambda `name` in the training image, which is for x86-64."""
    return {
        "code": image.lambda_code(_handler(name)),
        "handler": lambda_.Handler.FROM_IMAGE,
        "runtime": lambda_.Runtime.FROM_IMAGE,
        "architecture": lambda_.Architecture.X86_64,
    }


def make_function(
    scope: Construct,
    *,
    name: str,
    description: str,
    settings: Settings,
    program: Mapping[str, Any],
    permissions: Sequence[Permission],
    environment: Mapping[str, str],
    topic: sns.ITopic,
    timeout: Duration | None = None,
    memory_mb: int = 512,
    storage_mb: int = 512,
    raises_by_design: bool = False,
    recursive_loop: lambda_.RecursiveLoop = lambda_.RecursiveLoop.TERMINATE,
) -> lambda_.Function:
    """Make `<stack>-<name>` with its role, logs and alarms.

    Where it raises by design, the state machine acts upon its errors, and they raise no alarm.
    """
    full_name = f"{Stack.of(scope).stack_name}-{name}"
    _check_size(full_name, environment)
    log_group = make_log_group(scope, f"/aws/lambda/{full_name}", settings)
    role = make_role(
        scope,
        "Role",
        service="lambda.amazonaws.com",
        description=f"{full_name}: {description}",
        permissions=[
            write_logs(log_group.log_group_arn),
            trace(),
            *permissions,
            *network_interface_permissions(scope, full_name, settings.network),
        ],
    )
    function = lambda_.Function(
        scope,
        "Function",
        function_name=full_name,
        description=description,
        **program,
        role=role.without_policy_updates(),
        log_group=log_group,
        # Lambda's runtime writes JSON with the keys of tunedrop.run_logs in it.
        logging_format=lambda_.LoggingFormat.JSON,
        application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
        tracing=lambda_.Tracing.ACTIVE,
        environment=dict(environment),
        timeout=timeout or Duration.minutes(1),
        memory_size=memory_mb,
        ephemeral_storage_size=Size.mebibytes(storage_mb),
        recursive_loop=recursive_loop,
        # Executions in flight call the versions that their definition names.
        current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN),
    )
    use_key_and_subnets(function, settings)
    if program["runtime"] != lambda_.Runtime.FROM_IMAGE:
        acknowledge(function, "AwsSolutions-L1", _RUNTIME)
    _alarm(scope, name, function, topic, on_errors=not raises_by_design)
    return function


def _check_size(function_name: str, environment: Mapping[str, str]) -> None:
    variables = {
        key: _UNKNOWN_VALUE if Token.is_unresolved(value) else value
        for key, value in environment.items()
    }
    size = len(json.dumps(variables, ensure_ascii=False).encode())
    if size > _VARIABLES_BYTES:
        longest = max(variables, key=lambda key: len(variables[key]))
        raise SettingsError(
            f"The Lambda {function_name} would get {size:,} bytes of variables; Lambda allows "
            f"{_VARIABLES_BYTES:,}. Shorten the settings in its longest one, {longest}: "
            f"{variables[longest]}"
        )


def _alarm(
    scope: Construct, name: str, function: lambda_.Function, topic: sns.ITopic, *, on_errors: bool
) -> None:
    alarm_on(
        scope,
        function.metric_throttles(),
        meaning=f"Calls of the Lambda {name} were throttled; AWS makes them again. Raise the "
        "account's quota of concurrent Lambda executions: new accounts have 10.",
        topic=topic,
        construct_id="Throttles",
    )
    if on_errors:
        alarm_on(
            scope,
            function.metric_errors(),
            meaning=f"The Lambda {name} failed; AWS calls it again a few times. Read its log.",
            topic=topic,
            construct_id="Errors",
        )


def _handler(name: str) -> str:
    module = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
    return f"tunedrop.handlers.{module}.handler"


def make_log_group(scope: Construct, name: str, settings: Settings) -> logs.LogGroup:
    """Make the log group of a Lambda or a state machine."""
    group = logs.LogGroup(scope, "Logs", log_group_name=name, removal_policy=RemovalPolicy.DESTROY)
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - narrows CDK's type
    resource.retention_in_days = settings.retention_days.logs  # L2 knows names of retentions only
    resource.kms_key_id = settings.kms_key_arn
    return group
