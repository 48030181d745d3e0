"""The bucket that holds all state: datasets, claims, runs, inputs, models, callbacks."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.lifecycle import INCOMPLETE_UPLOAD_DAYS, Expiry, expiries
from cdk_app.permissions import acknowledge
from cdk_app.settings import Settings


class DataBucket(Construct):
    """A private, versioned, encrypted bucket that outlives its stack and feeds EventBridge.

    Or the one that is given, or that the setting `existing_bucket` names: tools/prepare_account.py
    gives that one what it needs.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        key: kms.IKey | None,
        given: s3.IBucket | None,
    ) -> None:
        super().__init__(scope, construct_id)
        if given is None and settings.existing_bucket:
            given = s3.Bucket.from_bucket_name(self, "Existing", settings.existing_bucket)
        self.bucket = given or self._new(settings, key)

    def _new(self, settings: Settings, key: kms.IKey | None) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=settings.bucket_name,
            versioned=True,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            # RetainExceptOnCreate: a first deployment that fails leaves no empty bucket behind.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            lifecycle_rules=[_rule(expiry) for expiry in expiries(settings.retention_days)],
        )
        # Its demand of TLS stays with it.
        assert bucket.policy is not None  # noqa: S101 - enforce_ssl makes one
        bucket.policy.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        _send_events_to_eventbridge(bucket)
        acknowledge(
            bucket,
            "AwsSolutions-S1",
            "Every object is versioned and written once, and runs/ says who wrote what; who needs "
            "access logs has CloudTrail's data events, with no second bucket to keep.",
        )
        return bucket


def _send_events_to_eventbridge(bucket: s3.Bucket) -> None:
    # L2's event_bridge_enabled brings a custom resource with a Lambda and a role of its own; the
    # property does the same with none.
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows CDK's type
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
            event_bridge_enabled=True
        )
    )


def _rule(expiry: Expiry) -> s3.LifecycleRule:
    if expiry.days is not None:
        return s3.LifecycleRule(
            id=expiry.name,
            prefix=expiry.prefix,
            expiration=Duration.days(expiry.days),
            noncurrent_version_expiration=Duration.days(expiry.old_version_days),
        )
    return s3.LifecycleRule(
        id=expiry.name,
        noncurrent_version_expiration=Duration.days(expiry.old_version_days),
        expired_object_delete_marker=True,
        abort_incomplete_multipart_upload_after=Duration.days(INCOMPLETE_UPLOAD_DAYS),
    )
