"""What `make deploy` sets beside the stack, on the local AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_app.context import SettingsError, parse_settings
from tests.support.conformance.servers import LocalAws
from tools.prepare_account import (
    TRAINING_LOGS,
    bootstrap_repository,
    prepare,
)

THEIRS = {
    "ID": "reports-go", "Status": "Enabled", "Filter": {"Prefix": "reports/"},
    "Expiration": {"Days": 400},
}  # fmt: skip
# The rules of single folders.
OF_FOLDERS = {
    "training-output-expires", "inputs-expire", "rows-to-predict-expire", "predictions-expire",
}  # fmt: skip


@pytest.fixture
def bucket(local_aws: LocalAws, request: pytest.FixtureRequest) -> str:
    name = str(request.node.name).replace("_", "-")[-60:].strip("-")
    local_aws.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture(autouse=True)
def logs(local_aws: LocalAws) -> Iterator[Any]:
    client = local_aws.client("logs")
    yield client
    with suppress(client.exceptions.ResourceNotFoundException):
        client.delete_log_group(logGroupName=TRAINING_LOGS)


def rules_of(s3: Any, bucket: str) -> dict[str, Any]:
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return {rule["ID"]: rule for rule in rules}


def adopt(local_aws: LocalAws, bucket: str, **settings: Any) -> None:
    prepare(parse_settings({"existing_bucket": bucket, **settings}), local_aws.client)


def test_a_bucket_that_is_adopted_gets_versions_events_and_a_lifecycle(
    local_aws: LocalAws, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = local_aws.client("s3")

    adopt(local_aws, bucket, retention_days={"training": 3, "inputs": 4, "old_versions": 5})

    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)
    rules = rules_of(s3, bucket)
    assert rules["training-output-expires"]["Expiration"]["Days"] == 3
    assert rules["inputs-expire"]["Filter"]["Prefix"] == "inputs/"
    assert rules["old-versions-expire"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 5
    printed = capsys.readouterr().err
    assert f"{bucket} is adopted" in printed
    assert "It does not block all public access. Its policy does not demand TLS." in printed


def test_what_the_owner_of_an_adopted_bucket_has_set_stays(
    local_aws: LocalAws, bucket: str
) -> None:
    s3, sqs = local_aws.client("s3"), local_aws.client("sqs")
    url = sqs.create_queue(QueueName="theirs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    queue = {"QueueArn": arn["QueueArn"], "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [queue]}
    )
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [THEIRS]})

    for _ in range(2):
        adopt(local_aws, bucket)

    notifications = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert notifications["QueueConfigurations"][0]["QueueArn"] == arn["QueueArn"]
    assert "EventBridgeConfiguration" in notifications
    # Old versions in a bucket that had them before are not Tunedrop's to delete.
    assert set(rules_of(s3, bucket)) == {"reports-go", *OF_FOLDERS}


def test_a_folder_that_would_expire_and_is_not_tunedrops_stops_the_deployment(
    local_aws: LocalAws, bucket: str
) -> None:
    s3 = local_aws.client("s3")
    s3.put_object(Bucket=bucket, Key="training/slides.pdf", Body=b"x")

    with pytest.raises(SettingsError, match="would be deleted after 30 days"):
        adopt(local_aws, bucket)

    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        rules_of(s3, bucket)


def test_the_bucket_of_an_earlier_stack_gets_all_rules_again(
    local_aws: LocalAws, bucket: str
) -> None:
    s3 = local_aws.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("admission/state.json", "training/iris/model.tar.gz", "inputs/iris/train.csv"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"{}")

    adopt(local_aws, bucket)

    assert set(rules_of(s3, bucket)) == {*OF_FOLDERS, "old-versions-expire"}


def test_a_bucket_that_is_not_there_or_has_another_key_stops_the_deployment(
    local_aws: LocalAws, bucket: str
) -> None:
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:us-east-1:1:key/2"}
    local_aws.client("s3").put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": encryption}]
        },
    )

    with pytest.raises(SettingsError, match="set kms_key_arn to the bucket's key"):
        adopt(local_aws, bucket)
    with pytest.raises(SettingsError, match="no-such-bucket cannot be adopted"):
        adopt(local_aws, "no-such-bucket")


def test_logs_of_training_jobs_get_the_stacks_retention_where_nobody_has_any(
    local_aws: LocalAws, logs: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(parse_settings({"retention_days": {"logs": 7}}), local_aws.client)
    prepare(parse_settings({"retention_days": {"logs": 30}}), local_aws.client)

    (group,) = logs.describe_log_groups(logGroupNamePrefix=TRAINING_LOGS)["logGroups"]
    assert group["retentionInDays"] == 7
    assert "kept for 7 days, as before" in capsys.readouterr().err


def test_logs_that_others_keep_for_ever_are_left_to_them(
    local_aws: LocalAws, logs: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.create_log_group(logGroupName=TRAINING_LOGS)

    prepare(parse_settings({}), local_aws.client)

    (group,) = logs.describe_log_groups(logGroupNamePrefix=TRAINING_LOGS)["logGroups"]
    assert "retentionInDays" not in group
    assert "--retention-in-days 90" in capsys.readouterr().err


def test_images_are_scanned_when_they_are_pushed_to_the_bootstraps_repository(
    local_aws: LocalAws, logs: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ecr = local_aws.client("ecr")
    repository = bootstrap_repository(local_aws.client)
    prepare(parse_settings({}), local_aws.client)
    assert "Not done: " in capsys.readouterr().err  # the account has no bootstrap yet

    ecr.create_repository(repositoryName=repository)
    prepare(parse_settings({}), local_aws.client)

    (description,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert description["imageScanningConfiguration"] == {"scanOnPush": True}
