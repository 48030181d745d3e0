"""The topic for notifications, the alarms that it gets, and the monthly budget."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cdk_app.permissions import Permission, arn, of_this_account, use_key
from cdk_app.settings import STACK_TAG


class Notifications(Construct):
    """An encrypted topic, or the one of the argument, with an optional e-mail subscription."""

    def __init__(
        self, scope: Construct, construct_id: str, *, email: str | None, topic: sns.ITopic | None
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = topic or self._new()
        self._key = self.topic.master_key
        self._let_publish(
            "cloudwatch.amazonaws.com",
            arn(self, "cloudwatch", "alarm:*"),
            of_key=of_this_account(self),
        )
        alarm_on(
            self,
            self.topic.metric_number_of_notifications_failed(),
            meaning="A notification did not reach a subscriber of the topic. Look at the topic's "
            "subscriptions; how the run ended is in its folder, runs/<dataset>/<run id>/.",
            topic=self.topic,
        )
        if email is not None:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def publishing(self) -> list[Permission]:
        """Return what a role needs to publish here."""
        publish = Permission(actions=["sns:Publish"], resources=[self.topic.topic_arn])
        return [publish, *use_key(self._key, "kms:Decrypt", "kms:GenerateDataKey")]

    def let_budgets_publish(self) -> None:
        """Allow the account's budgets to publish to the topic."""
        # Budgets are of no region.
        source = Stack.of(self).format_arn(service="budgets", region="", resource="*")
        # Which conditions it meets when it uses the key, AWS does not say; the topic has them.
        self._let_publish("budgets.amazonaws.com", source, of_key={})

    def _new(self) -> sns.Topic:
        # A key of our own: CloudWatch may not use the one that AWS manages for SNS, so that alarms
        # would vanish silently.
        key = kms.Key(
            self,
            "Key",
            description=f"Encrypts the notifications of {Stack.of(self).stack_name}",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=RemovalPolicy.DESTROY,
        )
        return sns.Topic(self, "Topic", display_name="Tunedrop", master_key=key, enforce_ssl=True)

    def _let_publish(
        self, service: str, source: str, *, of_key: Mapping[str, Mapping[str, str]]
    ) -> None:
        principal = iam.ServicePrincipal(service)
        if self._key is not None:
            self._key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[principal],
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=["*"],
                    conditions=dict(of_key),
                )
            )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={**of_this_account(self), "ArnLike": {"aws:SourceArn": source}},
            )
        )


def alarm_on(
    scope: Construct,
    metric: cloudwatch.IMetric,
    *,
    meaning: str,
    topic: sns.ITopic,
    construct_id: str = "Alarm",
    threshold: float = 1,
) -> None:
    """Raise an alarm when the metric reaches the threshold once; it says what that means."""
    alarm = cloudwatch.Alarm(
        scope,
        construct_id,
        alarm_description=meaning,
        metric=metric,
        threshold=threshold,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    alarm.add_alarm_action(actions.SnsAction(topic))


class MonthlyBudget(Construct):
    """Tells the topic at four fifths of the budget by forecast, and when it is spent.

    It counts what has the stack's tag, once somebody has activated the tag for cost allocation in
    Billing (docs/operations.md).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        usd: float,
        stack_tag: str,
        notifications: Notifications,
    ) -> None:
        super().__init__(scope, construct_id)
        notifications.let_budgets_publish()
        budget = budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
                cost_filters={"TagKeyValue": [f"user:{STACK_TAG}${stack_tag}"]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        budgets.CfnBudget.SubscriberProperty(
                            subscription_type="SNS", address=notifications.topic.topic_arn
                        )
                    ],
                )
                # The forecast comes early enough to look at the runs; the second message says that
                # the budget is spent.
                for kind, percent in (("FORECASTED", 80), ("ACTUAL", 100))
            ],
        )
        # Budgets tries whether it may publish.
        budget.node.add_dependency(notifications)
