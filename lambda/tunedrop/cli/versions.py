"""Published versions of a deployment's Lambdas, and those that nothing needs any more.

A deployment publishes a version of each Lambda that changed, and removes none: runs in flight go on
with the versions that their execution's definition names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient

# Step Functions' lists lag: an execution of the definition before may not be in them yet.
REPLACED_FOR = timedelta(minutes=15)

_LATEST = "$LATEST"
# "arn:aws:lambda:eu-west-1:123456789012:function:Tunedrop-StartJob:7", anywhere in a definition.
_NAMED = re.compile(r":function:(?P<function>[\w-]+):(?P<number>\d+)")
_GOES_ON: Final = ("RUNNING", "PENDING_REDRIVE")


@dataclass(frozen=True, order=True)
class Version:
    """A published version of a Lambda."""

    function: str
    number: int
    published: datetime = field(compare=False)


def unneeded(
    versions: Iterable[Version], definitions: Iterable[str], now: datetime
) -> list[Version]:
    """Return the versions that no definition names, and that were replaced a while ago."""
    named = {
        (match["function"], int(match["number"]))
        for definition in definitions
        for match in _NAMED.finditer(definition)
    }
    return [
        version
        for version, newer in pairwise(sorted(versions))
        if version.function == newer.function
        and newer.published < now - REPLACED_FOR
        and (version.function, version.number) not in named
    ]


def published_versions(client: LambdaClient, functions: Sequence[str]) -> list[Version]:
    """List the published versions of these Lambdas."""
    pages = client.get_paginator("list_versions_by_function")
    return [
        Version(function, int(entry["Version"]), datetime.fromisoformat(entry["LastModified"]))
        for function in functions
        for page in pages.paginate(FunctionName=function)
        for entry in page["Versions"]
        if entry["Version"] != _LATEST
    ]


def definitions_in_use(client: SFNClient, state_machine: str) -> Iterator[str]:
    """Yield the state machine's definition, and that of each execution that is not over."""
    yield client.describe_state_machine(stateMachineArn=state_machine)["definition"]
    pages = client.get_paginator("list_executions")
    for status in _GOES_ON:
        for page in pages.paginate(stateMachineArn=state_machine, statusFilter=status):
            for execution in page["executions"]:
                arn = execution["executionArn"]
                found = client.describe_state_machine_for_execution(executionArn=arn)
                yield found["definition"]


def prune(
    client: LambdaClient,
    stepfunctions: SFNClient,
    functions: Sequence[str],
    state_machine: str,
    now: datetime,
) -> list[Version]:
    """Delete the versions that nothing needs; return them."""
    # Versions before definitions: what is published in between is not looked at.
    versions = published_versions(client, functions)
    old = unneeded(versions, definitions_in_use(stepfunctions, state_machine), now)
    for version in old:
        try:
            client.delete_function(FunctionName=version.function, Qualifier=str(version.number))
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
    return old
