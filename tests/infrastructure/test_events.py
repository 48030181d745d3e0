from __future__ import annotations

import json

import pytest

from cdk_app.tunedrop import job_prefix
from tests.support.synthesis import Json, Template, text

PREFIX = job_prefix("Tunedrop")
CUT_OFF = ["ABORTED", "FAILED", "TIMED_OUT"]


def rule_to(template: Template, target: str, detail_type: str | None) -> Json:
    """Return the rule for a type of event, None for a schedule, with a target of such a name."""
    (rule,) = (
        rule
        for rule in template.named("AWS::Events::Rule").values()
        if text(rule["Targets"][0]["Arn"]).startswith(f"<{target}")
        and rule.get("EventPattern", {}).get("detail-type") == (detail_type and [detail_type])
    )
    return rule


@pytest.mark.parametrize(
    ("prefix", "target"),
    [
        ("datasets/", "ArrivalsQueue"),
        ("predict/", "PredictQueue"),
        ("checks/", "FunctionsWriteReportFunction"),
    ],
)
def test_a_new_object_of_this_bucket_goes_to_who_works_on_it(
    template: Template, prefix: str, target: str
) -> None:
    (bucket,) = template.of_type("AWS::S3::Bucket")

    assert rule_to(template, target, "Object Created")["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": bucket}]},
            "object": {"key": [{"prefix": prefix}]},
        },
    }


@pytest.mark.parametrize(
    ("target", "statuses"),
    [("ArrivalsQueue", [*CUT_OFF, "SUCCEEDED"]), ("FunctionsStopJobsFunction", CUT_OFF)],
)
def test_the_end_of_a_run_goes_to_arrivals_and_a_cut_off_run_to_stop_jobs(
    template: Template, target: str, statuses: list[str]
) -> None:
    pattern = rule_to(template, target, "Step Functions Execution Status Change")["EventPattern"]

    assert pattern["source"] == ["aws.states"]
    assert pattern["detail"]["status"] == statuses
    (machine,) = pattern["detail"]["stateMachineArn"]
    assert text(machine).endswith(":stateMachine:Tunedrop-run")


@pytest.mark.parametrize("target", ["ArrivalsQueue", "FunctionsStopJobsFunction"])
def test_admit_and_stop_jobs_reconcile_every_hour(template: Template, target: str) -> None:
    rule = rule_to(template, target, None)
    event = json.loads(text(rule["Targets"][0]["Input"]))

    assert rule["ScheduleExpression"] == "rate(1 hour)"
    assert event.pop("reconcile") is True
    if target == "ArrivalsQueue":
        assert event == {}
    else:
        assert event.pop("state_machine").endswith(":stateMachine:Tunedrop-run")
        assert event == {}


@pytest.mark.parametrize(
    ("event", "name", "prefix"),
    [
        ("HyperParameter Tuning", "HyperParameterTuning", "td"),
        ("Training", "Training", "tc"),  # the Confirm job, not the many of the search
    ],
)
def test_the_end_of_a_job_of_this_stack_resumes_its_run(
    template: Template, event: str, name: str, prefix: str
) -> None:
    rule = rule_to(template, "FunctionsResumeRunFunction", f"SageMaker {event} Job State Change")

    assert PREFIX == "097720d0"
    assert rule["EventPattern"]["source"] == ["aws.sagemaker"]
    assert rule["EventPattern"]["detail"] == {
        f"{name}JobName": [{"prefix": f"{prefix}-{PREFIX}-"}],
        f"{name}JobStatus": ["Completed", "Failed", "Stopped"],
    }


def test_every_rule_delivers_events_whole_and_keeps_undeliverable_ones(template: Template) -> None:
    queues = {f"<{name}.Arn>" for name in template.of_type("AWS::SQS::Queue")}

    for rule in template.named("AWS::Events::Rule").values():
        assert rule["State"] == "ENABLED"
        (target,) = rule["Targets"]
        # A quotation mark in a key breaks an input transformer.
        assert not {"InputTransformer", "InputPath"} & set(target)
        assert text(target["DeadLetterConfig"]["Arn"]) in queues
        assert target["RetryPolicy"] == {
            "MaximumEventAgeInSeconds": 6 * 3600,
            "MaximumRetryAttempts": 50,
        }


def test_eventbridge_may_call_a_lambda_only_through_its_rule(template: Template) -> None:
    permissions = template.named("AWS::Lambda::Permission").values()
    rules = template.of_type("AWS::Events::Rule")

    for permission in permissions:
        assert permission["Principal"] == "events.amazonaws.com"
        assert text(permission["SourceArn"]).strip("<>").removesuffix(".Arn") in rules


def test_events_on_which_a_lambda_fails_are_kept(template: Template) -> None:
    configs = template.named("AWS::Lambda::EventInvokeConfig").values()

    for name, queue in (
        ("ResumeRun", "LostJobEvents"),
        ("StopJobs", "LostStopEvents"),
        ("WriteReport", "LostChecks"),
    ):
        (config,) = (
            c for c in configs if text(c["FunctionName"]).startswith(f"<Functions{name}Function")
        )
        destination = text(config["DestinationConfig"]["OnFailure"]["Destination"])
        assert destination.startswith(f"<{queue}Queue")
        assert config["MaximumRetryAttempts"] == 2


def test_the_topic_is_encrypted_and_tls_only_and_alarms_of_this_account_may_publish(
    template: Template,
) -> None:
    topic, key = template.one("AWS::SNS::Topic"), template.one("AWS::KMS::Key")
    publish_statements = template.one("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    cloudwatch = {"Service": "cloudwatch.amazonaws.com"}
    this_account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}

    assert text(topic["KmsMasterKeyId"]).startswith("<NotificationsKey")
    assert key["EnableKeyRotation"] is True
    assert [s["Condition"] for s in publish_statements if s["Effect"] == "Deny"] == [
        {"Bool": {"aws:SecureTransport": "false"}}
    ]
    (publish,) = (s for s in publish_statements if s.get("Principal") == cloudwatch)
    (use,) = (s for s in key["KeyPolicy"]["Statement"] if s.get("Principal") == cloudwatch)
    assert publish["Action"] == "sns:Publish"
    assert publish["Condition"].items() >= this_account.items()
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert use["Condition"] == this_account
