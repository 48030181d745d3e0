"""What a role needs for whatever SageMaker runs under it: the image, logs, metrics, a network.

Training jobs and endpoints share these; what each may read and write, its own role says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.kms_and_vpc import join_subnets
from cdk_app.permissions import Permission, arn, make_role, of_this_account
from cdk_app.settings import Network

# https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, with a private VPC
_CHANGES = (
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)
_VIEWS = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)


@dataclass(frozen=True)
class Machines:
    """What is the same for all machines that SageMaker runs: data, image, key and network."""

    bucket: s3.IBucket
    repository: ecr.IRepository
    key: kms.IKey | None
    network: Network

    def role(
        self,
        scope: Construct,
        *,
        of: str,
        data: Sequence[Permission],
        encryption: Sequence[Permission],
        log_group: str,
    ) -> iam.Role:
        """Make the role that they run under: training jobs, or endpoints."""
        return make_role(
            scope,
            "Role",
            service="sagemaker.amazonaws.com",
            description=f"{of} of {Stack.of(scope).stack_name}",
            conditions=of_this_account(scope),
            permissions=[
                *data,
                *_pull(self.repository),
                *_logs_and_metrics(scope, log_group),
                *encryption,
                *(
                    join_subnets(scope, self.network, changes=_CHANGES, views=_VIEWS)
                    if self.network.subnets
                    else []
                ),
            ],
        )


def _pull(repository: ecr.IRepository) -> list[Permission]:
    """Pull images of one repository."""
    return [
        Permission(
            actions=["ecr:GetAuthorizationToken"],
            resources=["*"],
            wildcard="A token is for the whole registry; ECR has no resource for it.",
        ),
        Permission(
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            resources=[repository.repository_arn],
        ),
    ]


def _logs_and_metrics(scope: Construct, log_group: str) -> list[Permission]:
    """Write logs to one group, or to all that a final `*` means, and SageMaker's metrics."""
    group = arn(scope, "logs", f"log-group:{log_group}")
    return [
        Permission(
            actions=[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            resources=[group, f"{group}:log-stream:*"],
            wildcard="SageMaker names a log stream after each machine of each job.",
        ),
        Permission(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
            wildcard="CloudWatch has no resources for metrics; the condition names SageMaker's.",
        ),
    ]
