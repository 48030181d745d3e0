"""Who may do what: the exact actions and resources of every role."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from aws_cdk import App, Stack, Validations
from cdk_nag import AwsSolutionsChecks

from cdk_app.permissions import Permission, make_role
from tests.support.synthesis import Template, text

PAGE = Path(__file__).parents[2] / "SECURITY.md"
PREFIX = hashlib.sha256(b"Tunedrop").hexdigest()[:8]
HERE = "<AWS::Region>:<AWS::AccountId>"
SAGEMAKER = f"arn:<AWS::Partition>:sagemaker:{HERE}"
TUNING = f"{SAGEMAKER}:hyper-parameter-tuning-job/td-{PREFIX}-*"
TUNED = f"{SAGEMAKER}:training-job/td-{PREFIX}-*"
CONFIRM = f"{SAGEMAKER}:training-job/tc-{PREFIX}-*"
RUN_MACHINE = f"arn:<AWS::Partition>:states:{HERE}:stateMachine:Tunedrop-run"

TRACING = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)
DESCRIBE = {
    "sagemaker:DescribeHyperParameterTuningJob": {TUNING},
    "sagemaker:ListTrainingJobsForHyperParameterTuningJob": {TUNING},
    "sagemaker:DescribeTrainingJob": {TUNED, CONFIRM},
}
STOP = {
    "sagemaker:StopHyperParameterTuningJob": {TUNING},
    "sagemaker:StopTrainingJob": {CONFIRM},
}


def in_bucket(*prefixes: str) -> set[str]:
    return {f"<DataBucket.Arn>/{prefix}" for prefix in prefixes}


def s3(
    read: tuple[str, ...] = (), write: tuple[str, ...] = (), delete: tuple[str, ...] = ()
) -> dict[str, set[str]]:
    actions = {
        "s3:GetObject": read,
        "s3:PutObject": write,
        "s3:AbortMultipartUpload": write,
        "s3:DeleteObject": delete,
    }
    granted = {action: in_bucket(*prefixes) for action, prefixes in actions.items() if prefixes}
    return {"s3:ListBucket": {"<DataBucket.Arn>"}, **granted}


EXECUTIONS = f"arn:<AWS::Partition>:states:{HERE}:execution:Tunedrop-run:*"
PUT_EVENTS = {"events:PutEvents": {f"arn:<AWS::Partition>:events:{HERE}:event-bus/default"}}
PUBLISH = {
    "sns:Publish": {"<NotificationsTopic>"},
    "kms:Decrypt": {"<NotificationsKey.Arn>"},
    "kms:GenerateDataKey": {"<NotificationsKey.Arn>"},
}


def receive(queue: str) -> dict[str, set[str]]:
    actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    return {f"sqs:{action}": {queue} for action in actions}


# Every action of every Lambda besides logging, tracing and what SECURITY.md says of the bucket.
LAMBDAS = {
    "Admit": {
        "states:StartExecution": {RUN_MACHINE},
        "states:DescribeStateMachine": {RUN_MACHINE},
        "states:DescribeExecution": {EXECUTIONS},
        "sqs:SendMessage": {"<ArrivalsQueue.Arn>"},
        **receive("<ArrivalsQueue.Arn>"),
        "sqs:ChangeMessageVisibility": {"<ArrivalsQueue.Arn>"},
        **PUBLISH,
    },
    "PlanRun": {
        "pricing:GetProducts": {"*"},
        "s3:GetObjectVersion": in_bucket("datasets/*"),
        **DESCRIBE,
    },
    "StartJob": {
        "sagemaker:CreateHyperParameterTuningJob": {TUNING},
        "sagemaker:CreateTrainingJob": {CONFIRM},
        "sagemaker:AddTags": {TUNING, CONFIRM},
        "iam:PassRole": {"<TrainingRole.Arn>"},
        **PUBLISH,
        **DESCRIBE,
    },
    "AwaitJob": {
        "states:SendTaskSuccess": {"*"},
        "states:SendTaskFailure": {"*"},
        **DESCRIBE,
    },
    "ResumeRun": {
        "states:SendTaskSuccess": {"*"},
        "states:SendTaskFailure": {"*"},
        "sqs:SendMessage": {"<LostJobEventsQueue.Arn>"},
        **DESCRIBE,
    },
    "WriteReport": {
        "sagemaker:Search": {"*"},
        "sqs:SendMessage": {"<LostChecksQueue.Arn>"},
        **DESCRIBE,
        **PUBLISH,
        **PUT_EVENTS,
    },
    "Predict": {
        "s3:GetObjectVersion": in_bucket("predict/*"),
        "sqs:SendMessage": {"<PredictQueue.Arn>"},
        **receive("<PredictQueue.Arn>"),
    },
    "RecordFailure": {**DESCRIBE, **STOP, **PUT_EVENTS},
    "StopJobs": {
        "sagemaker:ListHyperParameterTuningJobs": {"*"},
        "sagemaker:ListTrainingJobs": {"*"},
        "sagemaker:ListTags": {TUNING, CONFIRM},
        "states:ListExecutions": {RUN_MACHINE},
        "states:DescribeExecution": {EXECUTIONS},
        "sqs:SendMessage": {"<LostStopEventsQueue.Arn>"},
        **DESCRIBE,
        **STOP,
        **PUT_EVENTS,
    },
}


def bucket_of_page(name: str) -> dict[str, set[str]]:
    """Return what SECURITY.md's table lets a Lambda read, write and delete in the bucket."""
    (row,) = re.findall(rf"^\| {name} \| (.*?) \| (.*?) \|", PAGE.read_text(), re.M)
    writes, _, deletes = row[1].partition("deletes")
    read, write, delete = (
        tuple(
            prefix if "." in prefix else f"{prefix}*"
            for prefix in re.findall(r"`(\w+/(?:\*/)?(?:\w+\.json)?)`", cell)
        )
        for cell in (row[0], writes, deletes)
    )
    return s3(read, write, delete)


@pytest.mark.parametrize("name", LAMBDAS)
def test_a_lambda_may_do_exactly_this_and_what_the_page_says(template: Template, name: str) -> None:
    permissions = template.permissions_of(f"Functions{name}Role")

    assert {permissions.pop(action).pop() for action in TRACING} == {"*"}
    logs = f"<Functions{name}Logs.Arn>"
    assert permissions.pop("logs:CreateLogStream") == {logs}
    assert permissions.pop("logs:PutLogEvents") == {logs}
    assert permissions == {**bucket_of_page(name), **LAMBDAS[name]}


def test_the_training_role_can_be_passed_to_sagemaker_only(template: Template) -> None:
    (statement,) = (
        s for s in template.statements_of("FunctionsStartJobRole") if s["Action"] == "iam:PassRole"
    )

    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }


@pytest.mark.parametrize("name", ["WriteReport", "RecordFailure", "StopJobs"])
def test_events_have_the_source_tunedrop_only(template: Template, name: str) -> None:
    statements = template.statements_of(f"Functions{name}Role")
    (statement,) = (s for s in statements if s["Action"] == "events:PutEvents")

    assert statement["Condition"] == {"StringEquals": {"events:source": "tunedrop"}}


@pytest.mark.parametrize(
    ("role", "log_group", "data"),
    [
        (
            "TrainingRole",
            "TrainingJobs",
            s3(("inputs/*", "runs/*/plan.json", "training/*"), ("training/*",)),
        ),
        ("ServingRole", "Endpoints/*", {"s3:GetObject": in_bucket("models/*")}),
    ],
)
def test_what_sagemaker_runs_may_do_exactly_this(
    template: Template, role: str, log_group: str, data: dict[str, set[str]]
) -> None:
    logs = f"arn:<AWS::Partition>:logs:{HERE}:log-group:/aws/sagemaker/{log_group}"
    streams = {logs, f"{logs}:log-stream:*"}
    permissions = template.permissions_of(role)
    for action in ("BatchGetImage", "BatchCheckLayerAvailability", "GetDownloadUrlForLayer"):
        (repository,) = permissions.pop(f"ecr:{action}")
        assert "cdk-hnb659fds-container-assets" in repository

    assert permissions == {
        **data,
        "ecr:GetAuthorizationToken": {"*"},
        "logs:CreateLogGroup": streams,
        "logs:CreateLogStream": streams,
        "logs:DescribeLogStreams": streams,
        "logs:PutLogEvents": streams,
        "cloudwatch:PutMetricData": {"*"},
    }


def test_the_run_state_machine_calls_its_lambdas_and_publishes_and_no_more(
    template: Template,
) -> None:
    permissions = template.permissions_of("RunsRole")

    arns = {
        f"<Functions{name}Function.Arn>"
        for name in ("PlanRun", "StartJob", "AwaitJob", "WriteReport", "RecordFailure")
    }
    assert permissions.pop("lambda:InvokeFunction") == arns | {f"{arn}:*" for arn in arns}
    assert permissions.pop("sns:Publish") == PUBLISH["sns:Publish"]
    assert permissions["kms:GenerateDataKey"] == PUBLISH["kms:GenerateDataKey"]
    assert {action.split(":")[0] for action in permissions} == {"kms", "logs", "xray"}


def test_no_role_has_a_policy_besides_its_own_inline_one(template: Template) -> None:
    assert template.of_type("AWS::IAM::Policy") == {}
    assert template.of_type("AWS::IAM::ManagedPolicy") == {}
    for role in template.named("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role
        assert len(role["Policies"]) == 1


def test_services_assume_roles_for_this_account_only(template: Template) -> None:
    for role in template.named("AWS::IAM::Role").values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        service = text(statement["Principal"]["Service"])
        if service == "lambda.amazonaws.com":
            continue  # Lambda gives no source account
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        }


def test_a_wildcard_without_a_reason_stops_the_synth(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "Loose")
    make_role(
        stack,
        "Role",
        service="lambda.amazonaws.com",
        description="May read everything",
        permissions=[Permission(actions=["s3:GetObject"], resources=["*"])],
    )
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    with pytest.raises(RuntimeError, match=r"Loose/Role(?s:.*)AwsSolutions-IAM5\[Resource::\*\]"):
        app.synth()


def test_every_acknowledgement_is_of_one_resource_and_has_a_reason(template: Template) -> None:
    metadata = json.loads(template.path.with_name("Tunedrop.metadata.json").read_text())
    resources = {
        path
        for path, entries in metadata.items()
        if "aws:cdk:logicalId" in {entry["type"] for entry in entries}
    }
    acknowledged = [
        (path, rule, reason)
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in entry["data"].items()
    ]

    assert acknowledged
    for path, rule, reason in acknowledged:
        assert f"{path}/Resource" in resources
        assert len(reason.split()) >= 5
        if "IAM5" in rule:
            assert "[Resource::" in rule
            assert "*" in rule
