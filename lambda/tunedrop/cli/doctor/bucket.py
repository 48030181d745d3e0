"""The bucket: without versions runs cannot name their inputs, without events none starts."""

from __future__ import annotations

from collections.abc import Iterator

from tunedrop.cli.doctor.findings import Finding, ok, wrong
from tunedrop.cli.stack import Stack


def versioning(stack: Stack) -> Iterator[Finding]:
    """Check that the bucket keeps versions."""
    name = stack.bucket_name
    status = stack.client("s3").get_bucket_versioning(Bucket=name).get("Status", "off")
    if status == "Enabled":
        yield ok("keeps versions")
        return
    command = (
        f"aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled"
    )
    yield wrong(f"versioning is {status.lower()}", f"Switch it on: {command}")


def events(stack: Stack) -> Iterator[Finding]:
    """Check that the bucket's events go to EventBridge."""
    name = stack.bucket_name
    found = stack.client("s3").get_bucket_notification_configuration(Bucket=name)
    if "EventBridgeConfiguration" in found:
        yield ok("sends its events to EventBridge")
        return
    yield wrong(
        "sends no events to EventBridge, so drops start no run before the hourly sweep",
        f"Switch on Amazon EventBridge in the properties of the bucket {name}, or deploy again: "
        "make deploy",
    )
