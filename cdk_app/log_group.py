"""Log groups with a retention in days, which go when their stack goes."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_app.settings import Settings


def make_log_group(scope: Construct, name: str, settings: Settings) -> logs.LogGroup:
    """Make the log group of a Lambda or a state machine."""
    group = logs.LogGroup(scope, "Logs", log_group_name=name, removal_policy=RemovalPolicy.DESTROY)
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - narrows CDK's type
    resource.retention_in_days = settings.retention_days.logs  # L2 knows names of retentions only
    resource.kms_key_id = settings.kms_key_arn
    return group
