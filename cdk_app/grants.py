"""What a team's own roles may be given: to drop datasets, to read, to operate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.access import BucketAccess
from cdk_app.functions import Functions
from cdk_app.permissions import Permission, arn, use_key

READ = ("checks/*", "datasets/*", "index/*", "models/*", "runs/*")
# Which runs are under way, and what waits for what: `tunedrop runs` shows it.
OPERATE = ("admission/*", "rejections/*")


def drop(bucket: s3.IBucket, key: kms.IKey | None) -> list[Permission]:
    """Put files below datasets/, and see what is there."""
    return _upload(bucket, key, "datasets/*", seen=["datasets/*"])


def predict(bucket: s3.IBucket, key: kms.IKey | None) -> list[Permission]:
    """Put files below predict/, and read what Predict answers."""
    return [
        *_upload(bucket, key, "predict/*", seen=["predict/*", "predictions/*"]),
        Permission(actions=["s3:GetObject"], resources=[bucket.arn_for_objects("predictions/*")]),
    ]


def read(bucket: s3.IBucket, key: kms.IKey | None) -> list[Permission]:
    """Read datasets, and what runs made of them."""
    access = BucketAccess(bucket, key)
    # The list is of the whole bucket: where none is allowed, S3 answers 403 for a missing key.
    return [access.list(), access.read_versions(*READ), *use_key(key, "kms:Decrypt")]


def operate(functions: Functions) -> list[Permission]:
    """Allow starting and stopping runs and describing the deployment, in addition to reading."""
    inputs = functions.inputs
    invocable = [functions.admit.function_arn, functions.write_report.function_arn]
    executions = arn(functions, "states", f"execution:{inputs.state_machine_name}:*")
    return [
        inputs.bucket.read(*OPERATE),
        *inputs.jobs.describe(),  # `tunedrop watch` shows their progress
        Permission(actions=["lambda:InvokeFunction"], resources=invocable),
        Permission(
            actions=["lambda:GetFunctionConfiguration"],
            resources=[*invocable, functions.plan_run.function_arn],
        ),
        Permission(["states:DescribeExecution", "states:StopExecution"], [executions]),
        Permission(["cloudformation:DescribeStacks"], [Stack.of(functions).stack_id]),
    ]


def _upload(
    bucket: s3.IBucket, key: kms.IKey | None, pattern: str, *, seen: list[str]
) -> list[Permission]:
    """Put files, in parts if they are large, and list what is there."""
    return [
        Permission(
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": seen}},
        ),
        Permission(
            actions=["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
            resources=[bucket.arn_for_objects(pattern)],
        ),
        *use_key(key, "kms:Decrypt", "kms:GenerateDataKey"),  # both, for uploads in parts
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
            conditions=dict(permission.conditions),
        )
        for permission in permissions
    ]
    return reduce(lambda total, grant: total.combine(grant), granted)
