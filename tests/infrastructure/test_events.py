from __future__ import annotations

import json

import pytest

from cdk_app.tunedrop import job_prefix
from tests.support.synthesis import Json, Template, text

OVER = ["Completed", "Failed", "Stopped"]
PREFIX = job_prefix("Tunedrop")


def rules(template: Template, detail_type: str) -> list[Json]:
    """Return the rules of one kind of event."""
    return [
        r
        for r in template.named("AWS::Events::Rule").values()
        if r.get("EventPattern", {}).get("detail-type") == [detail_type]
    ]


def to(target: str, found: list[Json]) -> Json:
    """Return the one of the rules whose target has such a name."""
    (rule,) = (r for r in found if target_of(r).startswith(f"<{target}"))
    return rule


def hourly(template: Template) -> list[Json]:
    return [r for r in template.named("AWS::Events::Rule").values() if "EventPattern" not in r]


def target_of(rule: Json) -> str:
    (target,) = rule["Targets"]
    return text(target["Arn"])


def test_the_job_prefix_is_a_digest_of_the_stacks_name() -> None:
    assert PREFIX == "097720d0"
    assert job_prefix("Another") != PREFIX


def test_an_object_under_datasets_of_this_bucket_goes_to_the_door(template: Template) -> None:
    (found,) = rules(template, "Object Created")
    (bucket,) = template.of_type("AWS::S3::Bucket")

    assert found["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": bucket}]},
            "object": {"key": [{"prefix": "datasets/"}]},
        },
    }
    assert target_of(found).startswith("<ArrivalsQueue")


def test_every_end_of_a_run_goes_to_the_door(template: Template) -> None:
    found = to("ArrivalsQueue", rules(template, "Step Functions Execution Status Change"))
    detail = found["EventPattern"]["detail"]

    assert found["EventPattern"]["source"] == ["aws.states"]
    assert detail["status"] == ["ABORTED", "FAILED", "TIMED_OUT", "SUCCEEDED"]
    assert [text(arn).rpartition(":")[2] for arn in detail["stateMachineArn"]] == ["Tunedrop-run"]


def test_every_hour_the_door_looks_for_what_has_no_run(template: Template) -> None:
    sweep = to("ArrivalsQueue", hourly(template))

    assert sweep["ScheduleExpression"] == "rate(1 hour)"
    assert json.loads(text(sweep["Targets"][0]["Input"])) == {"sweep": True}


def test_events_reach_the_door_whole(template: Template) -> None:
    """A quotation mark in a key breaks an input transformer."""
    for found in template.named("AWS::Events::Rule").values():
        assert not {"InputTransformer", "InputPath"} & set(found["Targets"][0])


@pytest.mark.parametrize(
    ("event", "name", "prefix"),
    [
        ("HyperParameter Tuning", "HyperParameterTuning", "td"),
        ("Training", "Training", "tc"),  # Confirm's only, not the many of the tuning
    ],
)
def test_a_job_of_ours_that_is_over_resumes_its_run(
    template: Template, event: str, name: str, prefix: str
) -> None:
    (found,) = rules(template, f"SageMaker {event} Job State Change")

    assert found["EventPattern"]["source"] == ["aws.sagemaker"]
    assert found["EventPattern"]["detail"] == {
        f"{name}JobName": [{"prefix": f"{prefix}-{PREFIX}-"}],
        f"{name}JobStatus": OVER,
    }
    assert target_of(found).startswith("<FunctionsResumeRunFunction")


def test_an_execution_that_was_cut_off_stops_its_jobs(template: Template) -> None:
    found = to(
        "FunctionsStopJobsFunction", rules(template, "Step Functions Execution Status Change")
    )
    detail = found["EventPattern"]["detail"]

    assert detail["status"] == ["ABORTED", "FAILED", "TIMED_OUT"]
    assert [text(arn).rpartition(":")[2] for arn in detail["stateMachineArn"]] == ["Tunedrop-run"]


def test_every_hour_jobs_that_were_left_running_are_looked_for(template: Template) -> None:
    sweep = to("FunctionsStopJobsFunction", hourly(template))
    event = json.loads(text(sweep["Targets"][0]["Input"]))

    assert sweep["ScheduleExpression"] == "rate(1 hour)"
    assert event["sweep"] is True
    assert event["state_machine"].endswith(":stateMachine:Tunedrop-run")
    assert set(event) == {"sweep", "state_machine"}


def test_every_rule_is_on_and_keeps_what_it_cannot_deliver(template: Template) -> None:
    queues = {f"<{name}.Arn>" for name in template.of_type("AWS::SQS::Queue")}

    for found in template.named("AWS::Events::Rule").values():
        assert found["State"] == "ENABLED"
        (target,) = found["Targets"]
        assert text(target["DeadLetterConfig"]["Arn"]) in queues
        assert target["RetryPolicy"] == {
            "MaximumEventAgeInSeconds": 6 * 3600,
            "MaximumRetryAttempts": 50,
        }


def test_eventbridge_may_call_a_lambda_only_through_its_rule(template: Template) -> None:
    permissions = template.named("AWS::Lambda::Permission").values()
    rules = template.of_type("AWS::Events::Rule")

    assert len(permissions) == 4
    for permission in permissions:
        assert permission["Principal"] == "events.amazonaws.com"
        assert text(permission["SourceArn"]).strip("<>").removesuffix(".Arn") in rules


def test_what_the_event_driven_lambdas_fail_on_is_kept(template: Template) -> None:
    configs = {
        text(c["FunctionName"]).removeprefix("<Functions"): c
        for c in template.named("AWS::Lambda::EventInvokeConfig").values()
    }

    for name, queue in (("ResumeRun", "LostJobEvents"), ("StopJobs", "LostStopEvents")):
        (config,) = (c for function, c in configs.items() if function.startswith(name))
        destination = text(config["DestinationConfig"]["OnFailure"]["Destination"])
        assert destination.startswith(f"<{queue}Queue")
        assert config["MaximumRetryAttempts"] == 2
    assert len(configs) == 2


def test_every_dead_letter_queue_is_encrypted_and_alarmed(template: Template) -> None:
    queues = {n: q for n, q in template.of_type("AWS::SQS::Queue").items() if "Lost" in n}
    alarms = template.named(
        "AWS::CloudWatch::Alarm", MetricName="ApproximateNumberOfMessagesVisible"
    )
    (topic,) = template.of_type("AWS::SNS::Topic")

    assert len(queues) == 3
    for name, queue in queues.items():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True
        (alarm,) = (a for a in alarms.values() if name in json.dumps(a["Dimensions"]))
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (
            1,
            "GreaterThanOrEqualToThreshold",
        )
        assert alarm["AlarmActions"] == [{"Ref": topic}]
        assert len(alarm["AlarmDescription"]) > 40


def test_every_queue_is_tls_only(template: Template) -> None:
    policies = template.named("AWS::SQS::QueuePolicy").values()

    for name in template.of_type("AWS::SQS::Queue"):
        (policy,) = (p for p in policies if p["Queues"] == [{"Ref": name}])
        refused = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert [s["Condition"] for s in refused] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_the_topic_is_encrypted_and_tls_only(template: Template) -> None:
    topic = template.one("AWS::SNS::Topic")
    statements = template.one("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    assert text(topic["KmsMasterKeyId"]).startswith("<NotificationsKey")
    assert [s["Condition"] for s in statements if s["Effect"] == "Deny"] == [
        {"Bool": {"aws:SecureTransport": "false"}}
    ]


def test_a_notification_that_reached_nobody_raises_an_alarm(template: Template) -> None:
    alarm = template.one("AWS::CloudWatch::Alarm", MetricName="NumberOfNotificationsFailed")

    assert alarm["Namespace"] == "AWS/SNS"
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert "subscriptions" in alarm["AlarmDescription"]


def test_alarms_of_this_account_may_publish_to_the_topic_and_use_its_key(
    template: Template,
) -> None:
    cloudwatch = {"Service": "cloudwatch.amazonaws.com"}
    ours = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    (publish,) = (
        s
        for s in template.one("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
        if s.get("Principal") == cloudwatch
    )
    (use,) = (
        s
        for s in template.one("AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if s.get("Principal") == cloudwatch
    )

    assert publish["Action"] == "sns:Publish"
    assert publish["Condition"].items() >= ours.items()
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert use["Condition"] == ours
    assert template.one("AWS::KMS::Key")["EnableKeyRotation"] is True
