"""Parts that a setting adds: an adopted bucket, Lambdas in subnets, a budget."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_kms as kms

from cdk_app.key_policy import let_logs_use
from tests.support.synthesis import Template, synthesize, text
from tunedrop.cli.doctor.key import key_policy_statements
from tunedrop.cli.stack import Stack as DeployedStack

BUCKET = "tunedrop-databucket-of-last-year"
INTERFACES = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Template:
    override = {
        "existing_bucket": BUCKET,
        "network": {
            "subnets": ["subnet-12345678", "subnet-9abcdef0"],
            "security_groups": ["sg-12345678"],
            "lambdas": True,
        },
        "limits": {"monthly_budget_usd": 250},
    }
    return synthesize(tmp_path_factory.mktemp("full"), override)


def test_cfn_lint_finds_no_error_with_all_parts(full: Template) -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--non-zero-exit-code", "error", full.path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert result.returncode == 0, result.stdout


def test_an_adopted_bucket_is_used_and_not_touched_by_the_stack(full: Template) -> None:
    assert full.of_type("AWS::S3::Bucket") == full.of_type("AWS::S3::BucketPolicy") == {}
    assert full.body["Outputs"]["Bucket"]["Value"] == BUCKET
    assert full.variables_of("PlanRun")["TUNEDROP_BUCKET"] == BUCKET
    (rule,) = (
        rule
        for rule in full.named("AWS::Events::Rule").values()
        if rule.get("EventPattern", {}).get("source") == ["aws.s3"]
    )
    assert rule["EventPattern"]["detail"]["bucket"] == {"name": [BUCKET]}
    listing = [
        statement["Resource"]
        for statement in full.statements_of("FunctionsPlanRunRole")
        if "s3:ListBucket" in statement["Action"]
    ]
    assert [text(resource) for resource in listing] == [f"arn:<AWS::Partition>:s3:::{BUCKET}"]


def test_lambdas_run_in_the_subnets_only_when_they_shall(
    full: Template, template: Template
) -> None:
    for function in full.lambdas.values():
        assert function["VpcConfig"] == {
            "SubnetIds": ["subnet-12345678", "subnet-9abcdef0"],
            "SecurityGroupIds": ["sg-12345678"],
        }
    assert not [f for f in template.lambdas.values() if "VpcConfig" in f]


def test_lambda_may_make_a_functions_interfaces_and_its_code_may_not(full: Template) -> None:
    for name in full.lambdas:
        statements = [
            statement
            for statement in full.statements_of(f"Functions{name}Role")
            if "ec2:CreateNetworkInterface" in statement["Action"]
        ]
        allow, deny = sorted(statements, key=lambda statement: str(statement["Effect"]))

        assert (allow["Effect"], deny["Effect"]) == ("Allow", "Deny")
        assert set(deny["Action"]) == INTERFACES <= set(allow["Action"])
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
        assert warning["Notification"]["ThresholdType"] == "PERCENTAGE"
        assert warning["Subscribers"] == [{"SubscriptionType": "SNS", "Address": {"Ref": topic}}]


def test_the_budget_may_publish_to_the_encrypted_topic_and_without_one_nobody_may(
    full: Template, template: Template
) -> None:
    def of_budgets(found: Template) -> list[dict[str, object]]:
        policies = (
            found.one("AWS::SNS::TopicPolicy")["PolicyDocument"],
            found.one("AWS::KMS::Key")["KeyPolicy"],
        )
        return [
            statement
            for policy in policies
            for statement in policy["Statement"]
            if statement.get("Principal") == {"Service": "budgets.amazonaws.com"}
        ]

    topic, key = of_budgets(full)
    assert topic["Action"] == "sns:Publish"
    condition = topic["Condition"]
    assert isinstance(condition, dict)
    assert text(condition["ArnLike"]["aws:SourceArn"]) == (
        "arn:<AWS::Partition>:budgets::<AWS::AccountId>:*"
    )
    assert condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert of_budgets(template) == []
    assert template.of_type("AWS::Budgets::Budget") == {}


def test_what_the_stack_makes_and_its_jobs_have_the_tag_that_the_budget_counts(
    template: Template,
) -> None:
    tag = {"Key": "tunedrop:stack", "Value": "Tunedrop"}
    for kind in (
        "S3::Bucket", "Lambda::Function", "StepFunctions::StateMachine", "SQS::Queue",
        "SNS::Topic", "Logs::LogGroup", "KMS::Key",
    ):  # fmt: skip
        for properties in template.named(f"AWS::{kind}").values():
            assert tag in properties["Tags"], kind
    assert json.loads(template.variables_of("StartJob")["TUNEDROP_TAGS"]) == {
        "tunedrop:stack": "Tunedrop"
    }


def test_the_key_policy_that_people_are_shown_is_what_a_key_of_the_same_app_gets(
    tmp_path: Path,
) -> None:
    account, region = "123456789012", "eu-west-1"
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "Tunedrop", env=Environment(account=account, region=region))
    let_logs_use(stack, kms.Key(stack, "Key"), name="Tunedrop")
    app.synth()
    resources = json.loads((tmp_path / "Tunedrop.template.json").read_text())["Resources"]
    (key,) = (r["Properties"] for r in resources.values() if r["Type"] == "AWS::KMS::Key")

    (given,) = (s for s in key["KeyPolicy"]["Statement"] if s.get("Sid") == "TunedropLogs")
    groups = given["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    given["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"] = [
        text(group).replace("<AWS::Partition>", "aws") for group in groups
    ]
    session: Any = SimpleNamespace(region_name=region)
    machine = f"arn:aws:states:{region}:{account}:stateMachine:Tunedrop-run"
    roles, logs = key_policy_statements(DeployedStack("Tunedrop", "b", machine, session, {}))

    assert given == logs
    assert roles["Principal"] == {"AWS": f"arn:aws:iam::{account}:root"}
    assert {"kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey"} <= set(roles["Action"])
