"""Parts that a setting adds: a bucket, key, image, network or schedule of your own, a budget."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, CfnResource, Stack

from cdk_app.context import parse_settings
from cdk_app.data_bucket import DataBucket
from tests.support.synthesis import Json, Template, listed, synthesize, text

BUCKET = "tunedrop-databucket-of-last-year"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BUS = "arn:aws:events:eu-west-1:210987654321:event-bus/team/tuning"
IMAGE = "210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/tunedrop@sha256:" + "1" * 64
INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
SAGEMAKERS_CHANGES = [("Create", "Permission"), ("Delete", ""), ("Delete", "Permission")]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Template:
    override = {
        "quiet_period_seconds": 3600,
        "kms_key_arn": KEY,
        "training_image": IMAGE,
        "network": {
            "subnets": ["subnet-12345678", "subnet-9abcdef0"],
            "security_groups": ["sg-12345678"],
            "lambdas": True,
        },
        "retuning": [
            {
                "name": "nightly",
                "expression": "cron(0 3 * * ? *)",
                "timezone": "Europe/Berlin",
                "datasets": ["iris", "sales-*"],
                "when": "changed",
            },
            {"name": "weekly", "expression": "rate(7 days)"},
        ],
        "start_on": ["schedule"],
        "notification_email": "team@example.com",
        "event_bus": BUS,
        "retention_days": {"training": 3, "logs": 7},
        "bucket_name": "our-tunedrop",
        "access_logs_bucket": "logs-of-all",
        "limits": {"monthly_budget_usd": 250},
        "tags": {"team": "churn"},
    }
    context = {"@aws-cdk/core:permissionsBoundary": {"name": "team-boundary"}}
    return synthesize(tmp_path_factory.mktemp("full"), override, context)


def test_cfn_lint_finds_no_error(template: Template, full: Template) -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--non-zero-exit-code", "error",
         "--format", "json", template.path, full.path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    findings = json.loads(result.stdout)
    assert [f["Message"] for f in findings if f["Level"] == "Error"] == []
    assert result.returncode == 0
    # CDK writes DependsOn for roles that are referred to anyway
    assert {f["Rule"]["Id"] for f in findings if f["Filename"] == str(template.path)} <= {"W3005"}


def test_an_adopted_bucket_is_used_and_not_touched_by_the_stack() -> None:
    stack = Stack(App(), "Tunedrop")
    settings = parse_settings({"existing_bucket": BUCKET})

    bucket = DataBucket(stack, "Data", settings=settings, key=None, bucket=None).bucket

    assert bucket.bucket_name == BUCKET
    assert text(stack.resolve(bucket.bucket_arn)) == f"arn:<AWS::Partition>:s3:::{BUCKET}"
    assert [c for c in stack.node.find_all() if CfnResource.is_cfn_resource(c)] == []


def test_a_key_of_your_own_encrypts_the_bucket_and_opens_it_to_every_lambda(
    full: Template,
) -> None:
    (encryption,) = full.one("AWS::S3::Bucket")["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]

    assert encryption["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": KEY,
    }
    assert encryption["BucketKeyEnabled"] is True
    use = ["kms:Decrypt", "kms:GenerateDataKey"]
    for name in full.lambdas:
        statements = full.statements_of(f"Functions{name}Role")
        (keys,) = (s["Resource"] for s in statements if s["Action"] == use)
        assert KEY in (keys if isinstance(keys, list) else [keys])
    assert full.variables_of("StartJob")["TUNEDROP_KMS_KEY_ARN"] == KEY
    # Grants are for the volumes of training machines.
    (grant,) = (s for s in full.statements_of("Training") if s["Action"] == "kms:CreateGrant")
    assert grant["Resource"] == KEY
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    serving = full.permissions_of("ServingRole")
    assert serving["kms:Decrypt"] == {KEY}
    assert not {action for action in serving if action.startswith("kms:")} - {"kms:Decrypt"}


def test_a_key_of_your_own_encrypts_logs_and_variables_and_no_queue(full: Template) -> None:
    for group in full.named("AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"] == KEY
    for function in full.lambdas.values():
        assert function["KmsKeyArn"] == KEY
    # EventBridge could not send to a queue with an imported key: drops would vanish.
    for queue in full.named("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
        assert "KmsMasterKeyId" not in queue


@pytest.mark.parametrize(
    ("role", "changes"),
    [
        *(
            (role, {f"{verb}NetworkInterface{noun}" for verb, noun in SAGEMAKERS_CHANGES})
            for role in ("TrainingRole", "ServingRole")
        ),
        ("FunctionsAdmitRole", {"AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"}),
    ],
)
def test_roles_make_and_change_interfaces_in_the_settings_subnets_only(
    full: Template, template: Template, role: str, changes: set[str]
) -> None:
    here = "arn:<AWS::Partition>:ec2:<AWS::Region>"
    interfaces = f"{here}:<AWS::AccountId>:network-interface/*"
    subnets = {f"{here}:*:subnet/{name}" for name in ("subnet-12345678", "subnet-9abcdef0")}
    allowed = [s for s in full.statements_of(role) if s["Effect"] == "Allow"]
    (creation,) = (s for s in allowed if s["Action"] == "ec2:CreateNetworkInterface")
    (change,) = (s for s in allowed if "ec2:Subnet" in s.get("Condition", {}).get("ArnLike", {}))

    group = f"{here}:*:security-group/sg-12345678"
    assert {text(resource) for resource in creation["Resource"]} == {interfaces, group, *subnets}
    assert set(change["Action"]) == {f"ec2:{action}" for action in changes}
    assert text(change["Resource"]) == interfaces
    assert {text(subnet) for subnet in change["Condition"]["ArnLike"]["ec2:Subnet"]} == subnets
    assert not [action for action in template.permissions_of(role) if action.startswith("ec2:")]


def test_an_image_of_your_own_needs_no_docker_and_is_the_only_one_to_pull(
    full: Template,
) -> None:
    allowed = full.permissions_of("Training")

    assert allowed["ecr:BatchGetImage"] == {
        "arn:<AWS::Partition>:ecr:eu-west-1:210987654321:repository/team/tunedrop"
    }
    assert full.variables_of("PlanRun")["TUNEDROP_TRAINING_IMAGE"] == IMAGE
    plan_run = full.lambdas["PlanRun"]
    assert text(plan_run["Code"]["ImageUri"]).replace("<AWS::URLSuffix>", "amazonaws.com") == IMAGE
    assert plan_run["ImageConfig"]["Command"] == ["tunedrop.handlers.plan_run.handler"]
    assert '"dockerImages": {}' in full.path.with_name("Tunedrop.assets.json").read_text()


def test_each_schedule_sends_its_time_to_arrivals_under_one_role(
    full: Template, template: Template
) -> None:
    schedules = {
        schedule["ScheduleExpression"]: schedule
        for schedule in full.named("AWS::Scheduler::Schedule").values()
    }
    targets = {name: schedule["Target"] for name, schedule in schedules.items()}
    time = "<aws.scheduler.scheduled-time>"

    assert template.of_type("AWS::Scheduler::Schedule") == {}
    assert {name: s["ScheduleExpressionTimezone"] for name, s in schedules.items()} == {
        "cron(0 3 * * ? *)": "Europe/Berlin",
        "rate(7 days)": "UTC",
    }
    assert {name: json.loads(target["Input"]) for name, target in targets.items()} == {
        "cron(0 3 * * ? *)": {
            "scheduled_start": time,
            "schedule": "nightly",
            "datasets": ["iris", "sales-*"],
            "when": "changed",
        },
        "rate(7 days)": {
            "scheduled_start": time,
            "schedule": "weekly",
            "datasets": None,
            "when": "always",
        },
    }
    # Scheduler's maxima.
    policy = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    assert all(target["RetryPolicy"] == policy for target in targets.values())
    [queue] = {text(target["Arn"]) for target in targets.values()}
    [dead_letters] = {text(target["DeadLetterConfig"]["Arn"]) for target in targets.values()}
    [role] = {text(target["RoleArn"]) for target in targets.values()}
    assert queue.startswith("<ArrivalsQueue")
    assert dead_letters.startswith("<LostArrivalsQueue")
    assert role.startswith("<RetuningScheduleRole")
    assert full.permissions_of("RetuningScheduleRole") == {"sqs:SendMessage": {queue, dead_letters}}


def test_events_go_to_the_bus_of_the_setting_by_its_arn(full: Template) -> None:
    for name in ("WriteReport", "RecordFailure", "StopJobs"):
        assert full.variables_of(name)["TUNEDROP_EVENT_BUS"] == BUS
        statements = full.statements_of(f"Functions{name}Role")
        assert [s["Resource"] for s in statements if s["Action"] == "events:PutEvents"] == [BUS]


def test_retention_names_tags_delay_and_email_are_settings(
    full: Template, template: Template
) -> None:
    bucket = full.one("AWS::S3::Bucket")
    subscription = full.one("AWS::SNS::Subscription")
    network = full.variables_of("StartJob")["TUNEDROP_NETWORK"]

    assert '"subnets":["subnet-12345678","subnet-9abcdef0"]' in network
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "team@example.com")
    assert template.of_type("AWS::SNS::Subscription") == {}
    # A quiet period longer than SQS can delay.
    assert len(full.named("AWS::SQS::Queue", DelaySeconds=900)) == 1
    admission = json.loads(full.variables_of("Admit")["TUNEDROP_ADMISSION"])
    assert (admission["quiet_period_seconds"], admission["start_on"]) == (3600, ["schedule"])

    assert bucket["BucketName"] == "our-tunedrop"
    assert {"Key": "team", "Value": "churn"} in bucket["Tags"]
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 3
    assert {g["RetentionInDays"] for g in full.named("AWS::Logs::LogGroup").values()} == {7}
    tags = full.variables_of("StartJob")["TUNEDROP_TAGS"]
    assert tags == '{"team":"churn","tunedrop:stack":"Tunedrop"}'
    # The budget counts this tag.
    for kind in (
        "S3::Bucket", "Lambda::Function", "StepFunctions::StateMachine", "SQS::Queue",
        "SNS::Topic", "Logs::LogGroup", "KMS::Key",
    ):  # fmt: skip
        for properties in template.named(f"AWS::{kind}").values():
            assert {"Key": "tunedrop:stack", "Value": "Tunedrop"} in properties["Tags"], kind


def test_the_bucket_logs_accesses_into_the_bucket_of_the_setting(
    full: Template, template: Template
) -> None:
    assert full.one("AWS::S3::Bucket")["LoggingConfiguration"] == {
        "DestinationBucketName": "logs-of-all",
        "LogFilePrefix": "Tunedrop/",
    }
    assert "LoggingConfiguration" not in template.one("AWS::S3::Bucket")


def test_the_cdks_context_key_gives_every_role_a_permissions_boundary(full: Template) -> None:
    for role in full.named("AWS::IAM::Role").values():
        assert text(role["PermissionsBoundary"]).endswith(":policy/team-boundary")


def test_lambdas_run_in_the_subnets_only_if_the_setting_says_so(
    full: Template, template: Template
) -> None:
    for function in full.lambdas.values():
        assert function["VpcConfig"] == {
            "SubnetIds": ["subnet-12345678", "subnet-9abcdef0"],
            "SecurityGroupIds": ["sg-12345678"],
        }
    assert not [f for f in template.lambdas.values() if "VpcConfig" in f]


def test_a_functions_own_code_may_touch_no_interface(full: Template) -> None:
    for name in full.lambdas:
        statements = full.statements_of(f"Functions{name}Role")
        (deny,) = (s for s in statements if s["Effect"] == "Deny")
        allowed = {
            action
            for statement in statements
            if statement["Effect"] == "Allow"
            for action in listed(statement["Action"])
        }

        assert set(deny["Action"]) == INTERFACES <= allowed
        assert text(deny["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]) == (
            f"arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:Tunedrop-{name}"
        )


def test_the_budget_counts_what_has_the_stacks_tag_and_warns_the_topic_twice(
    full: Template,
) -> None:
    budget = full.one("AWS::Budgets::Budget")
    (topic,) = full.of_type("AWS::SNS::Topic")

    assert budget["Budget"] == {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": 250, "Unit": "USD"},
        "CostFilters": {"TagKeyValue": ["user:tunedrop:stack$Tunedrop"]},
    }
    warnings = budget["NotificationsWithSubscribers"]
    assert [
        (w["Notification"]["NotificationType"], w["Notification"]["Threshold"]) for w in warnings
    ] == [("FORECASTED", 80), ("ACTUAL", 100)]
    for warning in warnings:
        assert warning["Subscribers"] == [{"SubscriptionType": "SNS", "Address": {"Ref": topic}}]


def test_only_with_a_budget_may_aws_budgets_publish_to_the_topic(
    full: Template, template: Template
) -> None:
    def of_budgets(synthesized: Template) -> list[Json]:
        return [
            statement
            for policy in (
                synthesized.one("AWS::SNS::TopicPolicy")["PolicyDocument"],
                synthesized.one("AWS::KMS::Key")["KeyPolicy"],
            )
            for statement in policy["Statement"]
            if statement.get("Principal") == {"Service": "budgets.amazonaws.com"}
        ]

    topic, key = of_budgets(full)
    assert (topic["Action"], key["Action"]) == (
        "sns:Publish", ["kms:Decrypt", "kms:GenerateDataKey"],
    )  # fmt: skip
    condition = topic["Condition"]
    assert condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert text(condition["ArnLike"]["aws:SourceArn"]).endswith(":budgets::<AWS::AccountId>:*")
    assert of_budgets(template) == []
