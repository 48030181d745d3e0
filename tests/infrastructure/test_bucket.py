from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.synthesis import Template, synthesize, text


def test_the_bucket_is_versioned_private_and_encrypted(template: Template) -> None:
    bucket = template.one("AWS::S3::Bucket")

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_the_bucket_outlives_its_stack(template: Template) -> None:
    for kind in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy"):
        ((_, resource),) = template.of_type(kind).items()
        # A first deployment that fails leaves none behind.
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_bucket_tells_eventbridge_with_no_custom_resource(template: Template) -> None:
    bucket = template.one("AWS::S3::Bucket")

    assert bucket["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    assert not [r for r in template.body["Resources"].values() if r["Type"].startswith("Custom::")]


def test_only_tls_reaches_the_bucket(template: Template) -> None:
    statements = template.one("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    refused = [s for s in statements if s["Effect"] == "Deny" and s["Action"] == "s3:*"]

    assert {"Bool": {"aws:SecureTransport": "false"}} in [s["Condition"] for s in refused]
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in [s["Condition"] for s in refused]
    for statement in refused:
        assert statement["Principal"] == {"AWS": "*"}
        assert len(statement["Resource"]) == 2
    assert [s for s in statements if s["Effect"] == "Allow"] == []


def test_training_output_inputs_and_old_versions_expire(template: Template) -> None:
    rules = template.one("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    expiring = [("training-output-expires", "training/", 30), ("inputs-expire", "inputs/", 90)]

    assert rules == [
        *(
            {
                "Id": name,
                "Status": "Enabled",
                "Prefix": prefix,
                "ExpirationInDays": days,
                "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
            }
            for name, prefix, days in expiring
        ),
        {
            "Id": "old-versions-expire",
            "Status": "Enabled",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
            "ExpiredObjectDeleteMarker": True,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
    ]


KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
IMAGE = "210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/tunedrop:1.0"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Synthesize with a key, an image, a VPC, a schedule and an e-mail address of your own."""
    override = {
        "kms_key_arn": KEY,
        "training_image": IMAGE,
        "network": {"subnets": ["subnet-12345678"], "security_groups": ["sg-12345678"]},
        "retuning": {
            "schedule": "cron(0 3 * * ? *)",
            "timezone": "Europe/Berlin",
            "datasets": ["iris"],
        },
        "notification_email": "team@example.com",
        "retention_days": {"training": 3, "logs": 7},
        "bucket_name": "our-tunedrop",
        "tags": {"team": "churn"},
    }
    return synthesize(Path(tmp_path_factory.mktemp("guarded")), override)


def test_a_key_of_your_own_encrypts_the_bucket_and_opens_it_to_every_lambda(
    guarded: Template,
) -> None:
    (encryption,) = guarded.one("AWS::S3::Bucket")["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]

    assert encryption["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": KEY,
    }
    assert encryption["BucketKeyEnabled"] is True
    for name in guarded.lambdas:
        allowed = guarded.permissions_of(f"Functions{name}Role")
        assert KEY in allowed["kms:Decrypt"] & allowed["kms:GenerateDataKey"]
    assert guarded.variables_of("StartJob")["TUNEDROP_KMS_KEY_ARN"] == KEY
    serving = guarded.permissions_of("ServingRole")
    assert serving["kms:Decrypt"] == {KEY}
    assert not {action for action in serving if action.startswith("kms:")} - {"kms:Decrypt"}


def test_a_key_of_your_own_encrypts_logs_and_variables_and_no_queue(guarded: Template) -> None:
    for group in guarded.named("AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"] == KEY
    for function in guarded.lambdas.values():
        assert function["KmsKeyArn"] == KEY
    # EventBridge could not send to a queue with an imported key: drops would vanish.
    for queue in guarded.named("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
        assert "KmsMasterKeyId" not in queue


def test_a_key_of_your_own_can_be_granted_to_the_volumes_of_training_machines_only(
    guarded: Template,
) -> None:
    (grant,) = (s for s in guarded.statements_of("Training") if s["Action"] == "kms:CreateGrant")

    assert grant["Resource"] == KEY
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_a_vpc_of_your_own_lets_training_machines_and_endpoints_have_interfaces(
    guarded: Template, template: Template
) -> None:
    for role in ("Training", "Serving"):
        assert "ec2:CreateNetworkInterface" in guarded.permissions_of(role)
        assert "ec2:CreateNetworkInterface" not in template.permissions_of(role)
    network = guarded.variables_of("StartJob")["TUNEDROP_NETWORK"]
    assert '"subnets":["subnet-12345678"]' in network


def test_an_image_of_your_own_needs_no_docker_and_is_the_only_one_to_pull(
    guarded: Template,
) -> None:
    allowed = guarded.permissions_of("Training")

    assert allowed["ecr:BatchGetImage"] == {
        "arn:<AWS::Partition>:ecr:eu-west-1:210987654321:repository/team/tunedrop"
    }
    assert guarded.variables_of("StartJob")["TUNEDROP_TRAINING_IMAGE"] == IMAGE
    assert '"dockerImages": {}' in guarded.path.with_name("Tunedrop.assets.json").read_text()


def test_the_schedule_sends_its_own_time_as_tick_to_the_door(guarded: Template) -> None:
    schedule = guarded.one("AWS::Scheduler::Schedule")

    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["Target"]["Input"] == (
        '{"tick": "<aws.scheduler.scheduled-time>", "datasets": ["iris"]}'
    )
    queue = text(schedule["Target"]["Arn"])
    dead_letters = text(schedule["Target"]["DeadLetterConfig"]["Arn"])
    assert queue.startswith("<ArrivalsQueue")
    assert dead_letters.startswith("<LostArrivalsQueue")
    assert guarded.permissions_of("RetuningScheduleRole") == {
        "sqs:SendMessage": {queue, dead_letters}
    }


def test_an_email_address_is_subscribed(guarded: Template) -> None:
    subscription = guarded.one("AWS::SNS::Subscription")

    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "team@example.com")


def test_retention_name_and_tags_are_settings(guarded: Template) -> None:
    bucket = guarded.one("AWS::S3::Bucket")

    assert bucket["BucketName"] == "our-tunedrop"
    assert {"Key": "team", "Value": "churn"} in bucket["Tags"]
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 3
    assert {g["RetentionInDays"] for g in guarded.named("AWS::Logs::LogGroup").values()} == {7}
    tags = guarded.variables_of("StartJob")["TUNEDROP_TAGS"]
    assert tags == '{"team":"churn","tunedrop:stack":"Tunedrop"}'


def test_the_schedule_is_off_until_it_is_set(template: Template) -> None:
    assert template.of_type("AWS::Scheduler::Schedule") == {}
    assert template.of_type("AWS::SNS::Subscription") == {}
