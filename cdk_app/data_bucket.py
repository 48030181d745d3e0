"""The bucket that holds all state: datasets, claims, runs, inputs, models, callbacks."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.permissions import acknowledge
from cdk_app.settings import RetentionDays


class DataBucket(Construct):
    """A private, versioned, encrypted bucket that outlives its stack and feeds EventBridge."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str | None,
        key: kms.IKey | None,
        retention: RetentionDays,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=name,
            versioned=True,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=_lifecycle(retention),
        )
        self._tell_eventbridge()
        acknowledge(
            self.bucket,
            "AwsSolutions-S1",
            "Every object is versioned and written once, and runs/ says who wrote what; who needs "
            "access logs has CloudTrail's data events, with no second bucket to keep.",
        )

    def _tell_eventbridge(self) -> None:
        # L2's event_bridge_enabled brings a custom resource with a Lambda and a role of its own;
        # the property does the same with none.
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows CDK's type
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )


def _lifecycle(retention: RetentionDays) -> list[s3.LifecycleRule]:
    return [
        s3.LifecycleRule(
            id="training-output-expires",
            prefix="training/",
            expiration=Duration.days(retention.training),
            noncurrent_version_expiration=Duration.days(1),
        ),
        s3.LifecycleRule(
            id="inputs-expire",
            prefix="inputs/",
            expiration=Duration.days(retention.inputs),
            noncurrent_version_expiration=Duration.days(1),
        ),
        s3.LifecycleRule(
            id="old-versions-expire",
            noncurrent_version_expiration=Duration.days(retention.old_versions),
            expired_object_delete_marker=True,
            abort_incomplete_multipart_upload_after=Duration.days(7),
        ),
    ]
