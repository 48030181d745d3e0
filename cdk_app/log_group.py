"""Log groups with a retention in days, which go when their stack goes."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct


def make_log_group(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    retention_days: int,
    key_arn: str | None,
) -> logs.LogGroup:
    """Make a log group; `retention_days` is one of the numbers that CloudWatch Logs allows."""
    group = logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        removal_policy=RemovalPolicy.DESTROY,
    )
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - narrows CDK's type
    resource.retention_in_days = retention_days  # L2 knows names of retentions only
    resource.kms_key_id = key_arn
    return group
