"""The queues: Arrivals has everything that may start a run, Predict files of rows to predict.

A message only names a dataset or a file; Admit and Predict decide. Dead-letter queues keep
undeliverable events.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.notifications import alarm_on
from cdk_app.permissions import Permission, acknowledge

# SQS's own maximum of DelaySeconds; Admit sends a message again for a longer rest.
MAX_DELAY_SECONDS = 900
ADMIT_TIMEOUT = Duration.minutes(15)
# Of new accounts' 10 concurrent executions, most are for runs.
MAX_CONCURRENT_PREDICTIONS = 4


class Arrivals(Construct):
    """The queue, which delays every message until the dataset has had time to come to rest."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        quiet_period_seconds: int,
        dead_letters: sqs.IQueue,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = dead_letters
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            delivery_delay=Duration.seconds(min(quiet_period_seconds, MAX_DELAY_SECONDS)),
            # Six times the function's timeout: Lambda Developer Guide, "Creating and configuring an
            # Amazon SQS event source mapping". Admit shortens it for what failed, more each time
            # (batches.py): with so many receives an outage of an hour makes no dead letter.
            visibility_timeout=Duration.minutes(6 * 15),
            # Less than the dead letters have: a message keeps the time at which it was sent.
            retention_period=Duration.days(7),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=12),
        )
        alarm_on(
            self,
            self.queue.metric_approximate_age_of_oldest_message(),
            meaning="A message has been in the queue Arrivals for an hour: Admit is off, throttled "
            "or fails on it. Read the Lambda Admit's log. The hourly reconciliation "
            "checks the datasets.",
            topic=topic,
            # Longer than the longest delay, and than a batch takes.
            threshold=Duration.hours(1).to_seconds(),
        )

    def deliver_to(self, admit: lambda_.Function) -> None:
        """Make Lambda poll the queue for Admit; failed messages return to it one by one."""
        lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=admit,
            event_source_arn=self.queue.queue_arn,
            # A folder of a thousand part files arrives in a few batches; larger ones could be of
            # more datasets than Admit can look at within its timeout.
            batch_size=200,
            max_batching_window=Duration.seconds(5),
            # The smallest that Lambda allows; all invocations write one small object,
            # admission/state.json.
            max_concurrency=2,
            report_batch_item_failures=True,
        )

    def receiving(self) -> Permission:
        """Return what Lambda's poller does as the function, and a function for a sooner retry."""
        return Permission(
            actions=[
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
            ],
            resources=[self.queue.queue_arn],
        )


class PredictQueue(Construct):
    """The queue of files of rows to predict; each message is delivered alone."""

    def __init__(self, scope: Construct, construct_id: str, *, dead_letters: sqs.IQueue) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = dead_letters
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # Longer than Predict takes at most: after it, an attempt has ended in any case.
            visibility_timeout=Duration.minutes(16),
            retention_period=Duration.days(7),
            # Two attempts, the answer that there is no third, and some for AWS's own errors.
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=6),
        )

    def deliver_to(self, predict: lambda_.Function) -> None:
        """Make Lambda poll the queue for Predict."""
        lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=predict,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
            max_concurrency=MAX_CONCURRENT_PREDICTIONS,
            report_batch_item_failures=True,
        )

    def receiving(self) -> Permission:
        """Return what Lambda's poller does as the function."""
        return Permission(
            actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            resources=[self.queue.queue_arn],
        )


class DeadLetters(Construct):
    """An encrypted queue; its first message raises an alarm, which says what that means."""

    def __init__(
        self, scope: Construct, construct_id: str, *, meaning: str, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(self.queue, "AwsSolutions-SQS3", "This queue is the dead-letter queue.")
        alarm_on(
            self,
            self.queue.metric_approximate_number_of_messages_visible(),
            meaning=meaning,
            topic=topic,
        )
