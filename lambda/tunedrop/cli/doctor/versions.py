"""Published versions of a deployment's Lambdas, and those that nothing needs any more.

A deployment publishes a version of each Lambda that changed, and removes none: runs in flight go on
with the versions that their execution's definition names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from tunedrop.cli.stack import Stack
from tunedrop.failures.executions import GOES_ON

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Step Functions' lists lag: an execution of the definition before may not be in them yet.
_REPLACED_FOR = timedelta(minutes=15)

_LATEST = "$LATEST"
# "arn:aws:lambda:eu-west-1:123456789012:function:Tunedrop-StartJob:7", anywhere in a definition.
_NAMED = re.compile(r":function:(?P<function>[\w-]+):(?P<number>\d+)")


@dataclass(frozen=True, order=True)
class Version:
    """A published version of a Lambda."""

    function: str
    number: int
    published: datetime = field(compare=False)


def prune(stack: Stack, now: datetime) -> list[Version]:
    """Delete the versions that no definition names and that were replaced a while ago."""
    client = stack.client("lambda")
    current = stack.executions.describe_state_machine(stateMachineArn=stack.state_machine)
    functions = {function for function, _ in _named(current["definition"])}
    # Versions before executions: what is published in between is not looked at.
    versions = sorted(version for name in functions for version in _published(client, name))
    needed = _named(current["definition"]).union(*map(_named, _definitions(stack)))
    old = [
        version
        for version, newer in pairwise(versions)
        if version.function == newer.function
        and newer.published < now - _REPLACED_FOR
        and (version.function, version.number) not in needed
    ]
    for version in old:
        client.delete_function(FunctionName=version.function, Qualifier=str(version.number))
    return old


def _named(definition: str) -> set[tuple[str, int]]:
    return {(match["function"], int(match["number"])) for match in _NAMED.finditer(definition)}


def _published(client: LambdaClient, function: str) -> Iterator[Version]:
    for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=function):
        for entry in page["Versions"]:
            if entry["Version"] != _LATEST:
                published = datetime.fromisoformat(entry["LastModified"])
                yield Version(function, int(entry["Version"]), published)


def _definitions(stack: Stack) -> Iterator[str]:
    """Yield the definition of each execution that is not over."""
    pages = stack.executions.get_paginator("list_executions")
    for status in GOES_ON:
        for page in pages.paginate(stateMachineArn=stack.state_machine, statusFilter=status):
            for execution in page["executions"]:
                arn = execution["executionArn"]
                found = stack.executions.describe_state_machine_for_execution(executionArn=arn)
                yield found["definition"]
