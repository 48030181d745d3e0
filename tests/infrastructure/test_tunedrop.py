"""The construct, as a platform team uses it: the app of docs/deploying.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, NestedStack, Stack

from cdk_app.context import SettingsError
from cdk_app.settings import Settings
from cdk_app.tunedrop import Tunedrop, job_prefix
from tests.support.synthesis import ROOT, Template, listed, permissions, text
from tunedrop.cli.key_policy import key_policy_statements

HERE = "<AWS::Region>:<AWS::AccountId>"


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = (ROOT / "docs/deploying.md").read_text("utf-8")
    (app,) = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    outdir = tmp_path_factory.mktemp("platform")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CDK_"))}
    result = subprocess.run(
        [sys.executable, "-c", app],
        cwd=outdir,
        env={**environment, "CDK_OUTDIR": str(outdir), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return outdir


def template_of(assembly: Path, stack: str) -> Template:
    return Template.read(assembly / f"{stack}.template.json")


@pytest.fixture(scope="module")
def churn(assembly: Path) -> Template:
    return template_of(assembly, "Churn")


@pytest.fixture(scope="module")
def fraud(assembly: Path) -> Template:
    return template_of(assembly, "Fraud")


def policy_of(template: Template, role: str) -> list[Any]:
    (policy,) = (
        resource["Properties"]["PolicyDocument"]
        for name, resource in template.of_type("AWS::IAM::Policy").items()
        if name.startswith(f"{role}DefaultPolicy")
    )
    return list(policy["Statement"])


def granted(template: Template, role: str) -> dict[str, set[str]]:
    """Return the resources of each action that the policy of a role allows."""
    imported = r"<Platform:ExportsOutputFnGetAtt(\w+?)[0-9A-F]{8}Arn>"
    return {
        action: {re.sub(imported, r"<\1.Arn>", resource) for resource in resources}
        for action, resources in permissions(policy_of(template, role)).items()
    }


def test_what_is_given_is_used_and_not_made_again(churn: Template, fraud: Template) -> None:
    for kind in ("AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::KMS::Key"):
        assert churn.of_type(kind) == {}
        assert len(fraud.of_type(kind)) == 1
    for alarm in churn.named("AWS::CloudWatch::Alarm").values():
        assert len(alarm["AlarmActions"]) == 1


def test_each_has_names_and_outputs_of_its_own_stack(churn: Template, fraud: Template) -> None:
    for template, stack in ((churn, "Churn"), (fraud, "Fraud")):
        assert template.one("AWS::StepFunctions::StateMachine", StateMachineName=f"{stack}-run")
        names = {f["FunctionName"] for f in template.named("AWS::Lambda::Function").values()}
        assert names >= {f"{stack}-Admit", f"{stack}-PlanRun"}
        outputs = {"Bucket", "StateMachine", "Topic", "ServingRole", "DropCommand"}
        assert outputs <= set(template.body["Outputs"])
        tag = {"Key": "tunedrop:stack", "Value": stack}
        assert tag in template.one("AWS::StepFunctions::StateMachine")["Tags"]


def test_a_key_of_the_app_encrypts_logs_with_the_permission_that_doctor_shows(
    assembly: Path, churn: Template
) -> None:
    for group in churn.named("AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"]
    statements = template_of(assembly, "Platform").one("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (statement,) = (s for s in statements if s.get("Sid") == "TunedropLogs")
    partition, region, account = "<AWS::Partition>", "<AWS::Region>", "<AWS::AccountId>"
    _, expected = key_policy_statements(partition, region, account, "Churn")

    groups = statement["Condition"]["ArnLike"].pop("kms:EncryptionContext:aws:logs:arn")
    expected_groups = expected["Condition"]["ArnLike"].pop("kms:EncryptionContext:aws:logs:arn")
    assert [text(group) for group in groups] == expected_groups
    assert text(statement.pop("Principal")["Service"]) == expected.pop("Principal")["Service"]
    assert statement == expected


@pytest.mark.parametrize(
    ("role", "uploaded", "listed_patterns", "read"),
    [
        ("Pipeline", "datasets/*", ["datasets/*"], {}),
        (
            "Application",
            "predict/*",
            ["predict/*", "predictions/*"],
            {"s3:GetObject": {"<Data.Arn>/predictions/*"}},
        ),
    ],
)
def test_who_drops_or_predicts_may_put_files_and_see_them(
    churn: Template, role: str, uploaded: str, listed_patterns: list[str], read: dict[str, set[str]]
) -> None:
    files = {f"<Data.Arn>/{uploaded}"}
    (listing,) = (s for s in policy_of(churn, role) if s["Action"] == "s3:ListBucket")

    assert listed(listing["Condition"]["StringLike"]["s3:prefix"]) == listed_patterns
    assert granted(churn, role) == {
        "s3:ListBucket": {"<Data.Arn>"},
        "s3:PutObject": files,
        "s3:AbortMultipartUpload": files,
        "s3:ListMultipartUploadParts": files,
        "kms:Decrypt": {"<Key.Arn>"},
        "kms:GenerateDataKey": {"<Key.Arn>"},
        **read,
    }


READ = {f"<Data.Arn>/{prefix}/*" for prefix in ("checks", "datasets", "index", "models", "runs")}


def test_who_reads_may_read_runs_models_pages_and_datasets(churn: Template) -> None:
    permissions = granted(churn, "Scientist")

    assert permissions["s3:GetObject"] == permissions["s3:GetObjectVersion"] == READ
    assert permissions["s3:PutObject"] == {"<Data.Arn>/datasets/*"}
    assert not {action for action in permissions if action.startswith(("lambda:", "states:"))}


def test_who_operates_may_read_start_and_stop_runs_and_nothing_else(churn: Template) -> None:
    def function(*names: str) -> set[str]:
        return {f"<TuningFunctions{name}Function.Arn>" for name in names}

    jobs = f"arn:<AWS::Partition>:sagemaker:{HERE}"
    prefix = job_prefix("Churn")
    tuning_jobs = {f"{jobs}:hyper-parameter-tuning-job/td-{prefix}-*"}

    assert granted(churn, "Operator") == {
        "s3:ListBucket": {"<Data.Arn>"},
        "s3:GetObject": READ | {f"<Data.Arn>/{prefix}/*" for prefix in ("admission", "rejections")},
        "s3:GetObjectVersion": READ,
        "kms:Decrypt": {"<Key.Arn>"},
        "lambda:InvokeFunction": function("Admit", "WriteReport"),
        "lambda:GetFunctionConfiguration": function("Admit", "WriteReport", "PlanRun"),
        "states:DescribeExecution": {f"arn:<AWS::Partition>:states:{HERE}:execution:Churn-run:*"},
        "states:StopExecution": {f"arn:<AWS::Partition>:states:{HERE}:execution:Churn-run:*"},
        "sagemaker:DescribeHyperParameterTuningJob": tuning_jobs,
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob": tuning_jobs,
        "sagemaker:DescribeTrainingJob": {
            f"{jobs}:training-job/{kind}-{prefix}-*" for kind in ("tc", "td")
        },
        "cloudformation:DescribeStacks": {"<AWS::StackId>"},
    }


def test_a_stack_without_a_fixed_short_name_is_refused() -> None:
    app = App()
    nested = NestedStack(Stack(app, "Parent"), "Nested")
    with pytest.raises(SettingsError, match="stack_name: found"):
        Tunedrop(nested, "Tuning", settings=Settings())
    with pytest.raises(SettingsError, match="1 to 40 letters"):
        Tunedrop(Stack(app, "A" * 41), "Tuning", settings=Settings())
