"""What people are told, and for how long it is kept: the topic, and the logs of jobs."""

from __future__ import annotations

from collections.abc import Iterator

from tunedrop.cli.doctor.deployed import Deployed
from tunedrop.cli.doctor.findings import Finding, ok, unknown, wrong

_JOB_LOGS = "/aws/sagemaker/TrainingJobs"
_PENDING = frozenset({"PendingConfirmation", "Deleted"})


def subscribed(deployed: Deployed) -> Iterator[Finding]:
    """Check that somebody hears of runs' ends and of alarms."""
    topic = deployed.stack.outputs.get("Topic")
    if topic is None:
        yield unknown("the stack has no output Topic")
        return
    pages = deployed.client("sns").get_paginator("list_subscriptions_by_topic")
    found = [
        (entry["SubscriptionArn"] not in _PENDING, entry["Endpoint"])
        for page in pages.paginate(TopicArn=topic)
        for entry in page["Subscriptions"]
    ]
    confirmed = [endpoint for is_confirmed, endpoint in found if is_confirmed]
    if confirmed:
        yield ok(f"{len(confirmed)} confirmed subscription{'s' * (len(confirmed) > 1)}")
    elif found:
        names = ", ".join(endpoint for _, endpoint in found)
        yield wrong(
            f"the subscription of {names} is not confirmed", "Follow the link of AWS's mail"
        )
    else:
        yield wrong(
            "nobody hears of runs' ends and of alarms",
            "Set notification_email, or subscribe: "
            f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint YOU",
        )


def job_logs(deployed: Deployed) -> Iterator[Finding]:
    """Check that the logs of SageMaker's jobs expire; the group is the account's."""
    groups = deployed.client("logs").describe_log_groups(logGroupNamePrefix=_JOB_LOGS)["logGroups"]
    days = next((g.get("retentionInDays") for g in groups if g["logGroupName"] == _JOB_LOGS), None)
    if days is not None:
        yield ok(f"{_JOB_LOGS} keeps logs for {days} days")
        return
    command = f"aws logs put-retention-policy --log-group-name {_JOB_LOGS} --retention-in-days 90"
    if any(group["logGroupName"] == _JOB_LOGS for group in groups):
        yield wrong(f"{_JOB_LOGS} keeps logs for ever", f"Limit it: {command}")
        return
    yield wrong(
        f"{_JOB_LOGS} is not there; the first job makes it, and it keeps logs for ever",
        f"Make it: aws logs create-log-group --log-group-name {_JOB_LOGS} && {command}",
    )
