"""What a key of the same app lets CloudWatch Logs do; the policy of an imported key is its owner's.

`lambda/tunedrop/cli/doctor/key.py` has the same statement for those: a test holds both together.
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_app.permissions import arn


def let_logs_use(scope: Construct, key: kms.IKey, *, name: str) -> None:
    """Let CloudWatch Logs encrypt the log groups of a deployment; changes no imported key."""
    groups = [
        arn(scope, "logs", "log-group", f"{prefix}/{name}-*", separator=":")
        for prefix in ("/aws/lambda", "/aws/vendedlogs/states")
    ]
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="TunedropLogs",
            principals=[iam.ServicePrincipal(f"logs.{Stack.of(scope).region}.amazonaws.com")],
            actions=[
                f"kms:{action}*"
                for action in ("Decrypt", "Describe", "Encrypt", "GenerateDataKey", "ReEncrypt")
            ],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
    )
