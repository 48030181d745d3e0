"""`doctor`: whether a deployment is right, and what to do where it is not."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from tunedrop import wording
from tunedrop.cli.arguments import Commands, add_stack, find_stack
from tunedrop.cli.doctor import bucket, image, key, network, quotas, roles, topic
from tunedrop.cli.doctor.findings import Check, findings
from tunedrop.cli.doctor.versions import prune
from tunedrop.cli.errors import CommandError
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console, write
from tunedrop.door import read_door

# In the order in which they are shown.
CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("bucket", bucket.versioning),
    ("bucket", bucket.events),
    ("quotas", quotas.training_jobs),
    ("image", image.media_type),
    ("roles", roles.simulated),
    ("network", network.reachable),
    ("topic", topic.subscribed),
    ("key", key.policy),
)

_STYLES = {"ok": "green", "wrong": "bold red", "unknown": "yellow"}


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `doctor` to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="check a deployment, and say what to do where something is wrong",
        description="Checks what a deployment needs of AWS and may not have: events and versions"
        " of the bucket, quotas, the training image, roles, endpoints, a subscription, the key."
        " Changes nothing without --prune. What you may not see is unknown. The exit status is 1"
        " when something is wrong.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--prune",
        action="store_true",
        help="delete versions of Lambdas that no running execution needs",
    )
    what.add_argument(
        "--idle", action="store_true", help="check only that no run is active; exit status 1 if so"
    )
    add_stack(parser)
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    stack = find_stack(arguments)
    console = make_console()
    if arguments.idle:
        return _check_idle(stack, console)
    if arguments.prune:
        return _prune(stack, console)
    status = 0
    for subject, check in CHECKS:
        for found in findings(check, stack):
            line = f"{found.verdict:<8} {subject}: {found.text}"
            write(console, line, _STYLES[found.verdict])
            if found.to_do:
                write(console, f"         {found.to_do}.")
            status |= found.verdict == "wrong"
    return status


def _check_idle(stack: Stack, console: Console) -> int:
    door = read_door(stack.bucket)
    if door is None or not door.slots:
        write(console, f"No run of {stack.name} is active.")
        return 0
    active = ", ".join(f"{dataset}/{slot.run_id}" for dataset, slot in door.slots.items())
    raise CommandError(
        f"The stack {stack.name} has {wording.count(len(door.slots), 'active run')}: {active}. "
        "Stop them first: tunedrop stop --all."
    )


def _prune(stack: Stack, console: Console) -> int:
    old = prune(stack, datetime.now(UTC))
    for version in old:
        write(console, f"Deleted version {version.number} of {version.function}.")
    if not old:
        write(console, "No version is left over.")
    return 0
