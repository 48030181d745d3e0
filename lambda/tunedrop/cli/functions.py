"""Calls of the deployment's Lambdas: Admit, which starts runs, and WriteReport."""

from __future__ import annotations

import json
from typing import Any

from tunedrop.aws_errors import translated
from tunedrop.cli.errors import CommandError
from tunedrop.cli.stack import Stack
from tunedrop.errors import UserInputError
from tunedrop.failures.error_meanings import is_user_input


def invoke(stack: Stack, function: str, call: dict[str, Any]) -> dict[str, Any]:
    """Call one of the deployment's Lambdas and wait for its answer.

    Raises
    ------
    UserInputError
        When the Lambda finds something wrong with what people gave.
    CommandError
        When it fails in another way.
    """
    name = f"{stack.name}-{function}"
    with translated():
        answer = stack.functions.invoke(FunctionName=name, Payload=json.dumps(call).encode())
        payload = answer["Payload"].read()
    found: dict[str, Any] = json.loads(payload)
    if "FunctionError" in answer:
        raise _error(name, found)
    return found


def _error(name: str, found: dict[str, Any]) -> Exception:
    """Make the error that a Lambda ended with; out of time or memory, it has no words of ours."""
    # https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    message = str(found.get("errorMessage") or found)
    if is_user_input(found.get("errorType", "")):
        return UserInputError(message)
    return CommandError(f"{message.rstrip('.')}. The log of {name} says more.")
