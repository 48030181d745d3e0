"""`doctor`: whether a deployment is right, and what to do where it is not."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.console import Console

from tunedrop import wording
from tunedrop.cli.arguments import Commands, add_stack, find_stack
from tunedrop.cli.deployment_checks import check_deployment
from tunedrop.cli.errors import CommandError
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import make_console, write
from tunedrop.door import read_door
from tunedrop.failures.executions import GOES_ON

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Step Functions' lists lag: an execution of the definition before may not be in them yet.
_REPLACED_FOR = timedelta(minutes=15)
_LATEST = "$LATEST"
# "arn:aws:lambda:eu-west-1:123456789012:function:Tunedrop-StartJob:7", anywhere in a definition.
_NAMED = re.compile(r":function:(?P<function>[\w-]+):(?P<number>\d+)")

_STYLES = {"ok": "green", "wrong": "bold red", "unknown": "yellow"}


def add_parser(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `doctor` to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="check a deployment, and say what to do where something is wrong",
        description="Checks what a deployment needs of AWS and may not have: events and versions"
        " of the bucket, quotas, the training image, iam:PassRole, endpoints, a subscription, the"
        " key; and whether runs start. Changes nothing without --prune. What you may not see is"
        " unknown. The exit status is 1 when something is wrong.",
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
    for subject, finding in check_deployment(stack):
        line = f"{finding.verdict:<8} {subject}: {finding.text}"
        write(console, line, _STYLES[finding.verdict])
        if finding.to_do:
            write(console, f"         {finding.to_do}.")
        status |= finding.verdict == "wrong"
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
    unused = _delete_unused_versions(stack, datetime.now(UTC))
    for version in unused:
        write(console, f"Deleted version {version.number} of {version.function}.")
    if not unused:
        write(console, "No version is left over.")
    return 0


@dataclass(frozen=True, order=True)
class _Version:
    """A published version of a Lambda."""

    function: str
    number: int
    published: datetime = field(compare=False)


def _delete_unused_versions(stack: Stack, now: datetime) -> list[_Version]:
    """Delete the versions that no definition names and that were replaced a while ago.

    A deployment publishes a version of each Lambda that changed, and removes none: runs in flight
    go on with the versions that their execution's definition names.
    """
    client = stack.client("lambda")
    current = stack.executions.describe_state_machine(stateMachineArn=stack.state_machine)
    functions = {function for function, _ in _named(current["definition"])}
    # Versions before executions: what is published in between is not looked at.
    versions = sorted(version for name in functions for version in _published(client, name))
    needed = _named(current["definition"]).union(*map(_named, _definitions(stack)))
    unused = [
        version
        for version, newer in pairwise(versions)
        if version.function == newer.function
        and newer.published < now - _REPLACED_FOR
        and (version.function, version.number) not in needed
    ]
    for version in unused:
        client.delete_function(FunctionName=version.function, Qualifier=str(version.number))
    return unused


def _named(definition: str) -> set[tuple[str, int]]:
    return {(match["function"], int(match["number"])) for match in _NAMED.finditer(definition)}


def _published(client: LambdaClient, function: str) -> Iterator[_Version]:
    for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=function):
        for entry in page["Versions"]:
            if entry["Version"] != _LATEST:
                published = datetime.fromisoformat(entry["LastModified"])
                yield _Version(function, int(entry["Version"]), published)


def _definitions(stack: Stack) -> Iterator[str]:
    """Yield the definition of each execution that is not over."""
    pages = stack.executions.get_paginator("list_executions")
    for status in GOES_ON:
        for page in pages.paginate(stateMachineArn=stack.state_machine, statusFilter=status):
            for execution in page["executions"]:
                arn = execution["executionArn"]
                found = stack.executions.describe_state_machine_for_execution(executionArn=arn)
                yield found["definition"]
