"""One Lambda: its asset, its role with exact permissions, its log group, its traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.log_group import make_log_group
from cdk_app.permissions import Permission, acknowledge, make_role, trace, write_logs
from cdk_app.settings import Settings


class TunedropFunction(Construct):
    """The Lambda `<stack>-<construct id>`, running `tunedrop.handlers.<module>.handler`.

    Parameters
    ----------
    code
        That of the group of Lambdas that this one belongs to.
    permissions
        What it may do besides logging and tracing.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        module: str,
        description: str,
        code: lambda_.Code,
        settings: Settings,
        permissions: Sequence[Permission],
        environment: Mapping[str, str],
        timeout: Duration,
        memory_mb: int,
    ) -> None:
        super().__init__(scope, construct_id)
        name = f"{Stack.of(self).stack_name}-{construct_id}"
        log_group = make_log_group(
            self,
            "Logs",
            name=f"/aws/lambda/{name}",
            retention_days=settings.retention_days.logs,
        )
        self.role = make_role(
            self,
            "Role",
            service="lambda.amazonaws.com",
            description=f"{name}: {description}",
            permissions=[write_logs(log_group.log_group_arn), trace(), *permissions],
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=description,
            code=code,
            handler=f"tunedrop.handlers.{module}.handler",
            runtime=lambda_.Runtime(
                f"python{settings.lambda_python}", lambda_.RuntimeFamily.PYTHON
            ),
            architecture=(
                lambda_.Architecture.ARM_64
                if settings.lambda_architecture == "arm64"
                else lambda_.Architecture.X86_64
            ),
            role=self.role.without_policy_updates(),
            log_group=log_group,
            # Lambda's runtime writes JSON with the keys of tunedrop.run_logs in it.
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            tracing=lambda_.Tracing.ACTIVE,
            environment=dict(environment),
            timeout=timeout,
            memory_size=memory_mb,
        )
        acknowledge(
            self.function,
            "AwsSolutions-L1",
            "The runtime is the setting lambda_python; the libraries' wheels are built for it.",
        )
