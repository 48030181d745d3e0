"""The queue Arrivals, and the queues of undeliverable events with their alarms."""

from __future__ import annotations

import pytest

from tests.support.synthesis import Json, Template, text
from tunedrop.admission import batches
from tunedrop.admission.batches import retry_delay


@pytest.fixture(scope="module")
def queues(template: Template) -> dict[str, Json]:
    """The queues by the starts of their logical ids."""
    return {name[:-5]: queue for name, queue in template.named("AWS::SQS::Queue").items()}


def test_arrivals_delays_messages_and_loses_none_in_an_outage_of_an_hour(
    template: Template, queues: dict[str, Json]
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html."""
    queue, lost = queues["Arrivals"], queues["LostArrivals"]
    admit_seconds = template.lambdas["Admit"]["Timeout"]

    assert queue["DelaySeconds"] == 60
    assert admit_seconds == 900
    assert 6 * admit_seconds <= queue["VisibilityTimeout"] <= 12 * 3600
    redrive = queue["RedrivePolicy"]
    assert text(redrive["deadLetterTargetArn"]).startswith("<LostArrivalsQueue")
    receives = redrive["maxReceiveCount"]
    assert sum(map(retry_delay, range(1, receives))) > 3600
    # The alarm on messages of an hour comes before a scheduled start is replaced by a copy.
    assert sum(map(retry_delay, range(1, batches.RECEIVES_OF_SCHEDULED_START))) > 3600
    assert receives > batches.RECEIVES_OF_SCHEDULED_START
    # A message whose Lambda is killed each time stays within the retention, from its sending on.
    assert receives * queue["VisibilityTimeout"] < queue["MessageRetentionPeriod"]
    assert queue["MessageRetentionPeriod"] < lost["MessageRetentionPeriod"]


def test_lambda_polls_arrivals_for_admit_and_takes_failed_messages_back_one_by_one(
    template: Template,
) -> None:
    mapping = template.one("AWS::Lambda::EventSourceMapping", BatchSize=200)

    assert text(mapping["FunctionName"]).startswith("<FunctionsAdmitFunction")
    assert text(mapping["EventSourceArn"]).startswith("<ArrivalsQueue")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert mapping["BatchSize"] == 200
    # A batch of more than ten needs a window.
    assert mapping["MaximumBatchingWindowInSeconds"] == 5
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_lambda_polls_the_queue_of_predict_message_by_message(
    template: Template, queues: dict[str, Json]
) -> None:
    mapping = template.one("AWS::Lambda::EventSourceMapping", BatchSize=1)
    queue = queues["Predict"]

    assert text(mapping["FunctionName"]).startswith("<FunctionsPredictFunction")
    assert text(mapping["EventSourceArn"]).startswith("<PredictQueue")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 2 <= mapping["ScalingConfig"]["MaximumConcurrency"] < 10  # of a new account's
    # An attempt that a message finds under way has ended when it is delivered again.
    assert queue["VisibilityTimeout"] > template.lambdas["Predict"]["Timeout"] == 900
    # Two attempts, and the delivery that says so.
    assert queue["RedrivePolicy"]["maxReceiveCount"] > 3


def test_only_three_rules_of_this_stack_may_send_to_arrivals(template: Template) -> None:
    (name,) = (n for n in template.of_type("AWS::SQS::Queue") if n.startswith("ArrivalsQueue"))
    statements = template.one("AWS::SQS::QueuePolicy", Queues=[{"Ref": name}])["PolicyDocument"]
    allowed = [s for s in statements["Statement"] if s["Effect"] == "Allow"]
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
