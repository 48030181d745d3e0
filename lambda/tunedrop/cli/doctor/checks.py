"""All checks, in the order in which they are shown."""

from __future__ import annotations

from typing import Final

from tunedrop.cli.doctor import bucket, image, key, lambdas, network, people, quotas, roles
from tunedrop.cli.doctor.findings import Check

_CONFIGURATION = "lambda:GetFunctionConfiguration"

CHECKS: Final = (
    Check("Lambdas", (_CONFIGURATION,), lambdas.active),
    Check("bucket", ("s3:GetBucketVersioning",), bucket.versioning),
    Check("bucket", ("s3:GetBucketNotification",), bucket.events),
    Check("quotas", (_CONFIGURATION, "servicequotas:ListServiceQuotas"), quotas.training_jobs),
    Check("image", (_CONFIGURATION, "ecr:DescribeImages"), image.media_type),
    Check("image", ("ecr:DescribeImages", "ecr:DescribeRepositories"), image.scanning),
    Check("roles", (_CONFIGURATION, "iam:SimulatePrincipalPolicy"), roles.simulated),
    Check(
        "network",
        ("ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints"),
        network.reachable,
    ),
    Check("topic", ("sns:ListSubscriptionsByTopic",), people.subscribed),
    Check("key", (_CONFIGURATION, "kms:GetKeyPolicy"), key.policy),
    Check("logs", ("logs:DescribeLogGroups",), people.job_logs),
    Check(
        "versions",
        (
            "lambda:ListVersionsByFunction",
            "states:ListExecutions",
            "states:DescribeStateMachine",
            "states:DescribeStateMachineForExecution",
        ),
        lambdas.old_versions,
    ),
)
