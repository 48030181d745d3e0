"""Sets what a deployment needs and its stack cannot set: `make deploy` runs it before the CDK.

The repository of pushed images belongs to the CDK, the log group of training jobs to the whole
account, and an adopted bucket or image to its owner. Each step prints its result; all can be
repeated.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cdk_app.context import CDK_JSON, SettingsError, context_of, load_settings
from cdk_app.data_bucket import INCOMPLETE_UPLOAD_DAYS, Expiry, expiries
from cdk_app.settings import Settings
from tools.own_image import check_image
from tunedrop.cli.key_policy import allows_logs, key_policy_statements

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Of all training jobs of the account; SageMaker makes it with the first one, to be kept forever.
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
T = TypeVar("T")
# Makes the client of a service.
Clients = Callable[[str], Any]
_QUALIFIER = "@aws-cdk/core:bootstrapQualifier"
_DEFAULT_QUALIFIER = "hnb659fds"


def main(arguments: list[str] | None = None) -> int:
    """Prepare the account of the credentials at hand; return the exit status."""
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("--settings", help="over those of cdk.json, as JSON")
    chosen = parser.parse_args(arguments)
    try:
        session: Any = boto3.Session()
        prepare(load_settings(chosen.settings), session.client)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def prepare(settings: Settings, client: Clients) -> None:
    """Run all steps; those that only improve the account may fail."""
    if settings.existing_bucket is not None:
        try:
            _show(adopt_bucket(client("s3"), settings.existing_bucket, settings))
        except (ClientError, BotoCoreError) as error:
            raise SettingsError(
                f"existing_bucket: {settings.existing_bucket} cannot be adopted: {error}"
            ) from error
    if settings.kms_key_arn is not None:
        key, name = settings.kms_key_arn, settings.stack_name
        _try(lambda: check_key(key, name, client), f"aws kms get-key-policy --key-id {key}")
    days = settings.retention_days.logs
    _try(lambda: keep_training_logs(client("logs"), days), _keep_logs_command(days))
    if settings.training_image is None:
        _try(lambda: scan_images(client("ecr"), bootstrap_repository(client)), _SCAN_COMMAND)
    else:
        image = settings.training_image
        _try(lambda: check_image(image, client("ecr")), _CHECK_COMMAND)


def check_key(key: str, stack_name: str, client: Clients) -> str:
    """Check that a key's policy allows CloudWatch Logs the stack's log groups.

    Raises
    ------
    SettingsError
        If it does not: the stack's deployment would fail at its first log group.
    ClientError
        If the credentials may not read the policy.
    """
    sts = client("sts")
    identity = sts.get_caller_identity()
    partition = identity["Arn"].split(":")[1]
    statements = key_policy_statements(
        partition, sts.meta.region_name, identity["Account"], stack_name
    )
    policy = client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    if not allows_logs(policy, statements):
        raise SettingsError(
            f"kms_key_arn: the policy of {key} does not allow CloudWatch Logs to encrypt the "
            "stack's log groups, and the deployment would fail. Add what it lacks of these "
            f"statements:\n{json.dumps(statements, indent=2)}"
        )
    return f"{key} allows CloudWatch Logs."


def scan_images(ecr: Any, repository: str) -> str:
    """Make ECR scan each image that is pushed to a repository."""
    (description,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    if not description.get("imageScanningConfiguration", {}).get("scanOnPush"):
        ecr.put_image_scanning_configuration(
            repositoryName=repository, imageScanningConfiguration={"scanOnPush": True}
        )
    return f"Images are scanned when they are pushed to {repository}."


def keep_training_logs(logs: Any, days: int) -> str:
    """Make the log group of training jobs with a retention; leave one that is there as it is.

    Other teams of the account log to it too, and a retention deletes what is older.
    """
    groups = logs.describe_log_groups(logGroupNamePrefix=TRAINING_LOGS)["logGroups"]
    group = next((group for group in groups if group.get("logGroupName") == TRAINING_LOGS), None)
    if group is None:
        logs.create_log_group(logGroupName=TRAINING_LOGS)
        logs.put_retention_policy(logGroupName=TRAINING_LOGS, retentionInDays=days)
        return f"Logs of training jobs are kept for {days} days."
    if "retentionInDays" in group:
        return f"Logs of training jobs are kept for {group['retentionInDays']} days, as before."
    return (
        "Logs of training jobs are kept forever, as before: the whole account uses the group. "
        f"To change that: {_keep_logs_command(days)}"
    )


def adopt_bucket(s3: S3Client, name: str, settings: Settings) -> str:
    """Set versions, events and a lifecycle on a bucket, as the stack does on its own."""
    _check_region(s3, name)
    _check_key(s3, name, settings.kms_key_arn)
    was_versioned = s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled"
    _add_lifecycle(s3, name, expiries(settings.retention_days), was_versioned=was_versioned)
    if not was_versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    notifications: Any = dict(s3.get_bucket_notification_configuration(Bucket=name))
    notifications.pop("ResponseMetadata", None)
    if "EventBridgeConfiguration" not in notifications:
        notifications["EventBridgeConfiguration"] = {}
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration=notifications
        )
    return f"{name} is adopted: it has versions, events and a lifecycle.{_openness(s3, name)}"


def _check_region(s3: S3Client, name: str) -> None:
    region = s3.head_bucket(Bucket=name)["BucketRegion"]
    if region != s3.meta.region_name:
        raise SettingsError(
            f"existing_bucket: {name} is in {region}, and you deploy to {s3.meta.region_name}. "
            "SageMaker reads buckets of its own region only: deploy there."
        )


def _check_key(s3: S3Client, name: str, key: str | None) -> None:
    answer = _unless_missing(
        lambda: s3.get_bucket_encryption(Bucket=name),
        "ServerSideEncryptionConfigurationNotFoundError",
    )
    rules = answer["ServerSideEncryptionConfiguration"]["Rules"] if answer else [{}]
    bucket_key = rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    if bucket_key and not (key and key.endswith(bucket_key)):
        raise SettingsError(
            f"existing_bucket: {name} is encrypted with {bucket_key}, and kms_key_arn is {key}. "
            "The stack's roles could not read it: set kms_key_arn to the bucket's key."
        )


def _add_lifecycle(
    s3: S3Client, name: str, stack_expiries: tuple[Expiry, ...], *, was_versioned: bool
) -> None:
    """Add our rules to the bucket's; reject a bucket where they would delete foreign objects."""
    answer: Any = _unless_missing(
        lambda: s3.get_bucket_lifecycle_configuration(Bucket=name), "NoSuchLifecycleConfiguration"
    )
    present = answer["Rules"] if answer else []
    ids = {rule.get("ID") for rule in present}
    # The state of admission is older than all other objects of a run.
    was_tunedrops = _has_objects(s3, name, "admission/")
    for expiry in stack_expiries:
        if expiry.prefix and not was_tunedrops and _has_objects(s3, name, expiry.prefix):
            raise SettingsError(
                f"existing_bucket: {name} has objects in {expiry.prefix} and none in admission/: "
                f"they are not Tunedrop's, and would be deleted after {expiry.days} days. Move "
                "them away, or take another bucket."
            )
    ours = {
        expiry.name: _rule(expiry)
        for expiry in stack_expiries
        # The owner's rules decide on versions from before Tunedrop.
        if expiry.prefix or was_tunedrops or expiry.name in ids or not was_versioned
    }
    rules = [*(rule for rule in present if rule.get("ID") not in ours), *ours.values()]
    if rules != present:
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def _has_objects(s3: S3Client, name: str, prefix: str) -> bool:
    return bool(s3.list_objects_v2(Bucket=name, Prefix=prefix, MaxKeys=1).get("Contents"))


def _rule(expiry: Expiry) -> Any:
    rule: dict[str, Any] = {
        "ID": expiry.name,
        "Status": "Enabled",
        "Filter": {"Prefix": expiry.prefix},
        "NoncurrentVersionExpiration": {"NoncurrentDays": expiry.old_version_days},
    }
    if expiry.days is not None:
        return {**rule, "Expiration": {"Days": expiry.days}}
    return {
        **rule,
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": INCOMPLETE_UPLOAD_DAYS},
    }


def _openness(s3: S3Client, name: str) -> str:
    """Return what this bucket lacks compared with the stack's own; its owner decides."""
    lacks = ""
    block = _unless_missing(
        lambda: s3.get_public_access_block(Bucket=name), "NoSuchPublicAccessBlockConfiguration"
    )
    if block is None or not all(block["PublicAccessBlockConfiguration"].values()):
        lacks += " It does not block all public access."
    policy = _unless_missing(lambda: s3.get_bucket_policy(Bucket=name), "NoSuchBucketPolicy")
    if policy is None or "aws:SecureTransport" not in policy["Policy"]:
        lacks += " Its policy does not demand TLS."
    return lacks


def _unless_missing(call: Callable[[], T], code: str) -> T | None:
    """Return an answer, None if S3 answers with this code."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
        return None


def bootstrap_repository(client: Clients) -> str:
    """Return the name of the repository for images that the CDK's bootstrap made."""
    qualifier = context_of(CDK_JSON).get(_QUALIFIER, _DEFAULT_QUALIFIER)
    sts = client("sts")
    account = sts.get_caller_identity()["Account"]
    return f"cdk-{qualifier}-container-assets-{account}-{sts.meta.region_name}"


def _keep_logs_command(days: int) -> str:
    return (
        f"aws logs put-retention-policy --log-group-name {TRAINING_LOGS} --retention-in-days {days}"
    )


_CHECK_COMMAND = "aws ecr get-repository-policy --repository-name <of training_image>"
_SCAN_COMMAND = (
    "aws ecr put-image-scanning-configuration --repository-name <the bootstrap's> "
    "--image-scanning-configuration scanOnPush=true"
)


def _try(step: Callable[[], str], command: str) -> None:
    """Run a step that the deployment does without, if need be."""
    try:
        _show(step())
    except (ClientError, BotoCoreError) as error:
        _show(f"Not done: {str(error).rstrip('.')}. A user with the permission runs: {command}")


def _show(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
