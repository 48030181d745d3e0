"""What a team's own roles may be given: to drop datasets, to read, to operate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.permissions import Permission, arn

READ = ("datasets/*", "index/*", "models/*", "runs/*")
# Which runs are under way, and what waits for what: `tunedrop runs` shows it.
OPERATE = ("admission/*", "rejections/*")


def drop(bucket: s3.IBucket, key: kms.IKey | None) -> list[Permission]:
    """Put files below datasets/, in parts if they are large, and see what is there."""
    return [
        Permission(
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": ["datasets/*"]}},
        ),
        Permission(
            actions=["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
            resources=[bucket.arn_for_objects("datasets/*")],
        ),
        *_use(key, "kms:Decrypt", "kms:GenerateDataKey"),  # both, for uploads in parts
    ]


def read(bucket: s3.IBucket, key: kms.IKey | None) -> list[Permission]:
    """Read datasets, and what runs made of them."""
    return [
        # Of the whole bucket: where no list is allowed, S3 answers 403 for a missing key.
        Permission(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
        Permission(
            actions=["s3:GetObject", "s3:GetObjectVersion"],
            resources=[bucket.arn_for_objects(pattern) for pattern in READ],
        ),
        *_use(key, "kms:Decrypt"),
    ]


def operate(
    scope: Construct,
    bucket: s3.IBucket,
    *,
    runs_name: str,
    invocable: Sequence[lambda_.IFunction],
    describable: Sequence[lambda_.IFunction],
) -> list[Permission]:
    """Allow starting and stopping runs and describing the deployment, in addition to reading."""
    return [
        Permission(
            actions=["s3:GetObject"],
            resources=[bucket.arn_for_objects(pattern) for pattern in OPERATE],
        ),
        Permission(
            actions=["lambda:InvokeFunction"],
            resources=[function.function_arn for function in invocable],
        ),
        Permission(
            actions=["lambda:GetFunctionConfiguration"],
            resources=[function.function_arn for function in describable],
        ),
        Permission(
            actions=["states:DescribeExecution", "states:StopExecution"],
            resources=[arn(scope, "states", "execution", f"{runs_name}:*", separator=":")],
        ),
        Permission(actions=["cloudformation:DescribeStacks"], resources=[Stack.of(scope).stack_id]),
    ]


def grant_permissions(
    scope: Construct, grantee: iam.IGrantable, permissions: Sequence[Permission]
) -> iam.Grant:
    """Add permissions to a principal; the CDK reports it where this is not possible."""
    granted = [
        iam.Grant.add_to_principal(
            scope=scope,
            grantee=grantee,
            actions=list(permission.actions),
            resource_arns=list(permission.resources),
            conditions={operator: dict(keys) for operator, keys in permission.conditions.items()},
        )
        for permission in permissions
    ]
    return reduce(lambda total, grant: total.combine(grant), granted)


def _use(key: kms.IKey | None, *actions: str) -> list[Permission]:
    return [Permission(actions=actions, resources=[key.key_arn])] if key else []
