"""The bucket that holds all state, and the lifecycle of its objects.

tools/prepare_account.py gives an adopted bucket the same lifecycle.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.permissions import acknowledge
from cdk_app.settings import RetentionDays, Settings


@dataclass(frozen=True)
class Expiry:
    """A lifecycle rule for a prefix; "" is the whole bucket.

    `days` is when objects go; None keeps them, and only old versions go.
    """

    name: str
    prefix: str
    days: int | None
    old_version_days: int


# Parts of uploads that nobody completed cost money and are seen by nobody.
INCOMPLETE_UPLOAD_DAYS = 7


def expiries(retention: RetentionDays) -> tuple[Expiry, ...]:
    """Return the bucket's lifecycle; the last rule is about old versions of everything."""
    return (
        Expiry("training-output-expires", "training/", retention.training, 1),
        Expiry("inputs-expire", "inputs/", retention.inputs, 1),
        Expiry("rows-to-predict-expire", "predict/", retention.predictions, 1),
        Expiry("predictions-expire", "predictions/", retention.predictions, 1),
        Expiry("old-versions-expire", "", None, retention.old_versions),
    )


class DataBucket(Construct):
    """A private, versioned, encrypted bucket that outlives its stack and feeds EventBridge.

    Or the bucket of the argument or of the setting `existing_bucket`, which
    tools/prepare_account.py prepares.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        key: kms.IKey | None,
        bucket: s3.IBucket | None,
    ) -> None:
        super().__init__(scope, construct_id)
        if bucket is None and settings.existing_bucket:
            bucket = s3.Bucket.from_bucket_name(self, "Existing", settings.existing_bucket)
        self.bucket = bucket or self._new(settings, key)

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
        # L2's event_bridge_enabled brings a custom resource with a Lambda and a role of its own;
        # the property does the same with none.
        resource = bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows CDK's type
        resource.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )
        if settings.access_logs_bucket is not None:
            # L2 would change the policy of the logs' bucket, which is its owner's.
            resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
                destination_bucket_name=settings.access_logs_bucket,
                log_file_prefix=f"{settings.stack_name}/",
            )
        acknowledge(
            bucket,
            "AwsSolutions-S1",
            "Every object is versioned and written once, and runs/ says who wrote what; who needs "
            "access logs sets access_logs_bucket, or has CloudTrail's data events.",
        )
        return bucket


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
