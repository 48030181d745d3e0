"""Where events go that nothing could take: a queue for each asynchronous path, and its alarm."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.notifications import alarm_on
from cdk_app.permissions import acknowledge


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
            self.queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(5), statistic="Maximum"
            ),
            meaning=meaning,
            topic=topic,
        )
