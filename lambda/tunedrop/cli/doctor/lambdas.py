"""The Lambdas: all there and able to start, and their old versions."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from tunedrop import wording
from tunedrop.aws_errors import code_of
from tunedrop.cli import versions
from tunedrop.cli.doctor.deployed import FUNCTIONS, Deployed
from tunedrop.cli.doctor.findings import Finding, ok, wrong


def active(deployed: Deployed) -> Iterator[Finding]:
    """Check that every Lambda is there and can start."""
    troubles = []
    for function in FUNCTIONS:
        try:
            found = deployed.configuration(function)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            troubles.append(wrong(f"{deployed.named(function)} is not there", "make deploy"))
            continue
        reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or ""
        if found.get("State") == "Failed" or found.get("LastUpdateStatus") == "Failed":
            troubles.append(
                wrong(
                    f"{deployed.named(function)} cannot start: {reason}",
                    "Repair it, then make deploy",
                )
            )
    yield from troubles or [ok(f"all {len(FUNCTIONS)} can start")]


def old_versions(deployed: Deployed) -> Iterator[Finding]:
    """Count the versions that no running execution needs any more; they do no harm."""
    published = versions.published_versions(
        deployed.client("lambda"), [deployed.named(function) for function in FUNCTIONS]
    )
    definitions = versions.definitions_in_use(
        deployed.stack.executions, deployed.stack.state_machine
    )
    old = versions.unneeded(published, definitions, deployed.now)
    if not old:
        yield ok("none is left over")
        return
    yield ok(
        f"{wording.count(len(old), 'version')} that no running execution needs; to remove: "
        "tunedrop doctor --prune"
    )
