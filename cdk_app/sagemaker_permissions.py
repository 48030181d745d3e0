"""What a role needs for whatever SageMaker runs under it: the image, logs, metrics, a network.

Training jobs and endpoints share these; what each may read and write, its own role says.
"""

from __future__ import annotations

from aws_cdk import aws_ecr as ecr
from constructs import Construct

from cdk_app.permissions import Permission, arn


def pull(repository: ecr.IRepository) -> list[Permission]:
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


def logs_and_metrics(scope: Construct, log_group: str) -> list[Permission]:
    """Write logs to one group, or to all that a final `*` means, and SageMaker's metrics."""
    group = arn(scope, "logs", "log-group", log_group, separator=":")
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


def join_subnets() -> list[Permission]:
    """Put machines into subnets of yours."""
    return [
        Permission(
            actions=[
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            resources=["*"],
            wildcard="Machines join your subnets; their interfaces get ids only then.",
        )
    ]
