"""What goes wrong on purpose: throttling, quotas, and events that are lost, repeated or late.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-delivery-level.html
"""

from __future__ import annotations

import time

import pytest

from tests.support.conformance.functions import create_function, eventually, rejected
from tests.support.conformance.inbox import Inbox, create_announcing_bucket
from tests.support.sagemaker.machine import Machine
from tests.support.sagemaker.requests import training_request, tuning_request


def test_a_throttled_request_is_rejected_with_the_code_that_clients_retry(aws: Machine) -> None:
    with aws.conditions(throttled_requests=1):
        status, answer = aws.raw("ListTrainingJobs", {})
    assert (status, answer["__type"]) == (400, "ThrottlingException")
    assert answer["message"] == "Rate exceeded"
    assert aws.raw("ListTrainingJobs", {})[0] == 200


def test_a_quota_that_is_used_up_says_by_how_much(aws: Machine) -> None:
    """Words of https://docs.aws.amazon.com/general/latest/gr/sagemaker.html and its errors."""
    instance = {"InstanceType": "ml.m5.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
    waiting = training_request("occupying", "wait", {"ResourceConfig": instance})
    aws.sagemaker.create_training_job(**waiting)
    with (
        aws.conditions(quotas={"concurrent_tuning_jobs": 0, "instances": {"ml.m5.2xlarge": 1}}),
        rejected("ResourceLimitExceeded") as tuning_error,
    ):
        aws.sagemaker.create_hyper_parameter_tuning_job(**tuning_request("no-room-left"))
    assert "concurrent hyperparameter tuning jobs' is 0" in str(tuning_error.value)
    with (
        aws.conditions(quotas={"instances": {"ml.m5.2xlarge": 1}}),
        rejected("ResourceLimitExceeded") as error,
    ):
        aws.sagemaker.create_training_job(**{**waiting, "TrainingJobName": "no-instance"})
    assert "current utilization of 1 Instances and a request delta of 1" in str(error.value)
    aws.sagemaker.stop_training_job(TrainingJobName="occupying")


def test_services_that_are_out_answer_503_for_some_seconds_and_others_go_on(aws: Machine) -> None:
    with aws.conditions(outage=["s3", "sagemaker"], outage_seconds=2):
        for request in (aws.s3.list_buckets, aws.sagemaker.list_training_jobs):
            with rejected("503"):
                request()
        aws.client("sqs").list_queues()
        time.sleep(2)
        aws.s3.list_buckets()


# A seed whose first throw is below a half, and whose second is not.
ONCE = 1
ATTEMPT = ["Starting", "Downloading", "Training"]
RETRIED = {"RetryStrategy": {"MaximumRetryAttempts": 1}}


@pytest.mark.parametrize(("broken", "ends"), [(1.0, ["Failed"]), (0.5, ["Uploading", "Completed"])])
def test_a_training_job_whose_machine_breaks_is_retried_as_its_strategy_says(
    aws: Machine, broken: float, ends: list[str]
) -> None:
    """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_RetryStrategy.html."""
    with aws.conditions(broken_instances=broken, seed=ONCE):
        described = aws.train(f"broken-{ends[-1]}", change=RETRIED, epochs="3", seconds="0.05")
    transitions = [item["Status"] for item in described["SecondaryStatusTransitions"]]
    assert transitions == [*ATTEMPT, *ATTEMPT, *ends]
    failed = described.get("FailureReason", "").startswith("InternalServerError: ")
    assert failed is (ends == ["Failed"])


@pytest.fixture(scope="module")
def inbox(aws: Machine) -> Inbox:
    create_announcing_bucket(aws.s3, "announcing")
    return Inbox(aws, "delivered", "aws.sagemaker", "aws.s3")


def ends(inbox: Inbox, job: str) -> list[str]:
    """Ids of the events that told the end of a training job."""
    return [
        event["id"]
        for event in inbox.received()
        if event["detail"].get("TrainingJobName") == job
        and event["detail"]["TrainingJobStatus"] == "Completed"
    ]


def test_a_repeated_event_is_the_same_event(aws: Machine, inbox: Inbox) -> None:
    with aws.conditions(repeated_events=1):
        aws.train("told-twice")
        event_ids = eventually(lambda: ends(inbox, "told-twice"), lambda ids: len(ids) >= 2)
    assert len(event_ids) == 2
    assert event_ids[0] == event_ids[1]


def test_a_lost_event_never_comes_and_s3_loses_none(aws: Machine, inbox: Inbox) -> None:
    inbox.empty()
    with aws.conditions(lost_events=1):
        aws.train("never-told")
        aws.s3.put_object(Bucket="announcing", Key="told", Body=b"x")
        eventually(inbox.received, bool)
    assert [event["source"] for event in inbox.received()] == ["aws.s3"]


def test_a_late_event_still_comes(aws: Machine, inbox: Inbox) -> None:
    with aws.conditions(late_events=1, late_seconds=1, seed=2):
        aws.train("told-late")
        eventually(lambda: ends(inbox, "told-late"), bool)


def test_a_message_may_reach_its_lambda_twice(aws: Machine) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html"""
    aws.s3.create_bucket(Bucket="twice")
    source = """
import boto3

def handler(event, context):
    for number, record in enumerate(event["Records"]):
        key = f"{record['body']}/{context.aws_request_id}-{number}"
        boto3.client("s3").put_object(Bucket="twice", Key=key, Body=b"")
"""
    create_function(aws, "twice", source)
    queues = aws.client("sqs")
    url = queues.create_queue(QueueName="twice")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:twice"
    aws.client("lambda").create_event_source_mapping(FunctionName="twice", EventSourceArn=arn)

    def delivered() -> list[str]:
        objects = aws.s3.list_objects_v2(Bucket="twice").get("Contents", [])
        return sorted(item["Key"].partition("/")[0] for item in objects)

    with aws.conditions(repeated_messages=1):
        for body in ("first", "second"):
            queues.send_message(QueueUrl=url, MessageBody=body)
        expected = ["first", "first", "second", "second"]
        eventually(delivered, lambda bodies: len(bodies) >= 4)
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def left() -> set[str]:
            answer = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)
            return set(answer["Attributes"].values())

        eventually(left, lambda numbers: numbers == {"0"})
    assert delivered() == expected
