"""`doctor`: check a deployment, and find unused versions of its Lambdas."""

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
from tunedrop.cli.arguments import Commands, add_command, find_stack
from tunedrop.cli.deployment_checks import check_deployment
from tunedrop.cli.stack import Stack
from tunedrop.cli.terminal import CommandError, make_console, write
from tunedrop.failures.executions import GOES_ON

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Step Functions' lists lag: an execution of the previous definition may not be in them yet.
_REPLACED_FOR = timedelta(minutes=15)
_LATEST = "$LATEST"
# "arn:aws:lambda:eu-west-1:123456789012:function:Tunedrop-StartJob:7", anywhere in a definition.
_VERSION_ARN = re.compile(r":function:(?P<function>[\w-]+):(?P<number>\d+)")

_STYLES = {"ok": "green", "problem": "bold red", "unknown": "yellow"}


def add_parser(commands: Commands) -> None:
    """Add `doctor` to the command line."""
    parser = add_command(
        commands,
        "doctor",
        execute,
        summary="check a deployment, and say how to solve problems",
        description="Checks what a deployment needs of AWS: events and versions of the bucket,"
        " quotas, the training image, iam:PassRole, endpoints, a subscription, the key; and"
        " whether new runs are paused. Changes nothing without --prune. A check without permission"
        " is unknown. The exit status is 1 if there is a problem.",
    )
    options = parser.add_mutually_exclusive_group()
    options.add_argument(
        "--prune", action="store_true", help="delete Lambda versions that no active run needs"
    )
    options.add_argument(
        "--idle", action="store_true", help="check only that no run is active (else status 1)"
    )


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
        status |= finding.verdict == "problem"
    return status


def _check_idle(stack: Stack, console: Console) -> int:
    state = stack.read_admission_state()
    if state is None or not state.slots:
        write(console, f"No run of {stack.name} is active.")
        return 0
    runs = ", ".join(f"{dataset}/{slot.run_id}" for dataset, slot in state.slots.items())
    raise CommandError(
        f"The stack {stack.name} has {wording.count(len(state.slots), 'active run')}: {runs}. "
        "Stop them first: tunedrop stop --all."
    )


def _prune(stack: Stack, console: Console) -> int:
    versions = _delete_unused_versions(stack, datetime.now(UTC))
    for version in versions:
        write(console, f"Deleted version {version.number} of {version.function}.")
    if not versions:
        write(console, "There is no unused version.")
    return 0


@dataclass(frozen=True, order=True)
class _Version:
    """A published version of a Lambda."""

    function: str
    number: int
    published: datetime = field(compare=False)


def _delete_unused_versions(stack: Stack, time: datetime) -> list[_Version]:
    """Delete the versions that no definition names and that were replaced a while ago.

    A deployment publishes a version of each changed Lambda and removes none: active runs continue
    with the versions in their execution's definition.
    """
    client = stack.client("lambda")
    current = stack.executions.describe_state_machine(stateMachineArn=stack.state_machine)
    functions = {function for function, _ in _find_versions(current["definition"])}
    # Versions before executions: those published in between are then ignored.
    versions = sorted(
        version for name in functions for version in _published_versions(client, name)
    )
    used = _find_versions(current["definition"]).union(*map(_find_versions, _definitions(stack)))
    unused = [
        version
        for version, newer in pairwise(versions)
        if version.function == newer.function
        and newer.published < time - _REPLACED_FOR
        and (version.function, version.number) not in used
    ]
    for version in unused:
        client.delete_function(FunctionName=version.function, Qualifier=str(version.number))
    return unused


def _find_versions(definition: str) -> set[tuple[str, int]]:
    return {
        (match["function"], int(match["number"])) for match in _VERSION_ARN.finditer(definition)
    }


def _published_versions(client: LambdaClient, function: str) -> Iterator[_Version]:
    for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=function):
        for entry in page["Versions"]:
            if entry["Version"] != _LATEST:
                published = datetime.fromisoformat(entry["LastModified"])
                yield _Version(function, int(entry["Version"]), published)


def _definitions(stack: Stack) -> Iterator[str]:
    """Yield the definition of each active execution."""
    pages = stack.executions.get_paginator("list_executions")
    for status in GOES_ON:
        for page in pages.paginate(stateMachineArn=stack.state_machine, statusFilter=status):
            for execution in page["executions"]:
                arn = execution["executionArn"]
                answer = stack.executions.describe_state_machine_for_execution(executionArn=arn)
                yield answer["definition"]
