"""The deployed stack, by its outputs (docs/interfaces.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from local_aws.clients import Clients

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True)
class Stack:
    """What the commands need to know of it."""

    name: str
    bucket: str
    state_machine: str
    drop_command: str


def find(clients: Clients, name: str) -> Stack | None:
    """Return the stack if it is there, complete."""
    found = _describe(clients, name)
    if found is None or found["StackStatus"] not in _COMPLETE:
        return None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    return Stack(name, outputs["Bucket"], outputs["StateMachine"], outputs["DropCommand"])


def is_there(clients: Clients, name: str) -> bool:
    """Whether a stack of this name was created and is usable."""
    found = _describe(clients, name)
    return found is not None and found["StackStatus"] in _COMPLETE


def _describe(clients: Clients, name: str) -> StackTypeDef | None:
    try:
        return clients.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError":
            return None  # what CloudFormation answers for a stack that does not exist
        raise
