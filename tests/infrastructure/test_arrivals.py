"""The door's queue: it delays, gives up late, and takes messages from our rules only."""

from __future__ import annotations

import json

import pytest

from tests.support.synthesis import Json, Template, text


@pytest.fixture(scope="module")
def queue(template: Template) -> Json:
    ((_, found),) = (
        (name, q) for name, q in template.named("AWS::SQS::Queue").items() if "Lost" not in name
    )
    return found


@pytest.fixture(scope="module")
def mapping(template: Template) -> Json:
    return template.one("AWS::Lambda::EventSourceMapping")


def test_a_message_waits_while_its_dataset_comes_to_rest(queue: Json) -> None:
    assert queue["DelaySeconds"] == 60


def test_a_message_stays_invisible_for_six_times_of_what_admit_may_take(
    template: Template, queue: Json
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html."""
    timeout = template.lambdas["Admit"]["Timeout"]

    assert timeout == 900
    assert 6 * timeout <= queue["VisibilityTimeout"] <= 12 * 3600


def test_a_message_that_failed_five_times_is_kept_longer_than_the_queue_keeps_any(
    template: Template, queue: Json
) -> None:
    redrive = queue["RedrivePolicy"]
    (kept,) = (
        q
        for name, q in template.named("AWS::SQS::Queue").items()
        if text(redrive["deadLetterTargetArn"]) == f"<{name}.Arn>"
    )

    assert text(redrive["deadLetterTargetArn"]).startswith("<LostArrivalsQueue")
    assert redrive["maxReceiveCount"] == 5
    # Within the retention a message can fail five times.
    assert 5 * queue["VisibilityTimeout"] < queue["MessageRetentionPeriod"]
    assert queue["MessageRetentionPeriod"] < kept["MessageRetentionPeriod"]


def test_the_queue_is_encrypted_with_keys_that_let_eventbridge_in(queue: Json) -> None:
    assert queue["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in queue


def test_lambda_polls_it_for_admit_two_batches_at_a_time(mapping: Json) -> None:
    assert text(mapping["FunctionName"]).startswith("<FunctionsAdmitFunction")
    assert text(mapping["EventSourceArn"]).startswith("<ArrivalsQueue")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_messages_come_in_batches_and_fail_one_by_one(mapping: Json) -> None:
    assert mapping["BatchSize"] == 200
    # A batch of more than ten needs one.
    assert mapping["MaximumBatchingWindowInSeconds"] == 5
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_three_rules_of_this_stack_may_send_to_it_and_nobody_else(template: Template) -> None:
    (name,) = (n for n in template.of_type("AWS::SQS::Queue") if n.startswith("ArrivalsQueue"))
    (policy,) = (
        p
        for p in template.named("AWS::SQS::QueuePolicy").values()
        if p["Queues"] == [{"Ref": name}]
    )
    allowed = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    rules = {
        f"<{rule}.Arn>"
        for rule, properties in template.named("AWS::Events::Rule").items()
        if text(properties["Targets"][0]["Arn"]) == f"<{name}.Arn>"
    }

    assert len(rules) == 3
    assert {s["Principal"]["Service"] for s in allowed} == {"events.amazonaws.com"}
    assert {text(s["Condition"]["ArnEquals"]["aws:SourceArn"]) for s in allowed} == rules
    actions = {action for s in allowed for action in s["Action"]}
    assert actions == {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}


def test_a_message_that_waits_for_an_hour_raises_an_alarm(template: Template) -> None:
    alarm = template.one("AWS::CloudWatch::Alarm", MetricName="ApproximateAgeOfOldestMessage")

    (dimension,) = alarm["Dimensions"]
    assert "ArrivalsQueue" in json.dumps(dimension["Value"])
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 3600)
    assert len(alarm["AlarmActions"]) == 1
