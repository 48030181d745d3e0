"""A budget of what the stack and its jobs cost a month; it warns, and stops nothing."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from cdk_app.notifications import Notifications
from cdk_app.settings import STACK_TAG

# The forecast comes early enough to look at the runs, the second message says that it is spent.
WARNINGS = (("FORECASTED", 80), ("ACTUAL", 100))


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
                for kind, percent in WARNINGS
            ],
        )
        # Budgets tries whether it may publish.
        budget.node.add_dependency(notifications)
