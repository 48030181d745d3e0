"""The topic: somebody has to hear of runs' ends and of alarms."""

from __future__ import annotations

from collections.abc import Iterator

from tunedrop import wording
from tunedrop.cli.doctor.findings import Finding, ok, wrong
from tunedrop.cli.stack import Stack

_PENDING = frozenset({"PendingConfirmation", "Deleted"})


def subscribed(stack: Stack) -> Iterator[Finding]:
    """Check that the topic has a confirmed subscription."""
    topic = stack.outputs["Topic"]
    pages = stack.client("sns").get_paginator("list_subscriptions_by_topic")
    found = [entry for page in pages.paginate(TopicArn=topic) for entry in page["Subscriptions"]]
    confirmed = [entry for entry in found if entry["SubscriptionArn"] not in _PENDING]
    if confirmed:
        yield ok(wording.count(len(confirmed), "confirmed subscription"))
    elif found:
        names = ", ".join(entry["Endpoint"] for entry in found)
        yield wrong(
            f"the subscription of {names} is not confirmed", "Follow the link of AWS's mail"
        )
    else:
        yield wrong(
            "nobody hears of runs' ends and of alarms",
            "Set notification_email, or subscribe: "
            f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint YOU",
        )
