"""Calls of the deployment's Lambdas: Admit, which starts runs, and WriteReport."""

from __future__ import annotations

import json
from typing import Any

from tunedrop.aws_errors import translated
from tunedrop.cli.errors import CommandError
from tunedrop.cli.stack import Stack
from tunedrop.errors import UserInputError


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
    try:
        found = json.loads(payload)
    except ValueError:
        found = payload.decode("utf-8", errors="replace")
    if "FunctionError" in answer:
        raise _error(name, found)
    if not isinstance(found, dict):
        raise CommandError(f"{name} answered {str(found)[:200]!r}, and not a JSON object.")
    return found


def _error(name: str, found: Any) -> Exception:
    """Make the error that a Lambda ended with; out of time or memory, it has no words of ours."""
    # https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    parts = found if isinstance(found, dict) else {}
    message = str(parts.get("errorMessage") or found)
    if parts.get("errorType") in {kind.__name__ for kind in _input_errors(UserInputError)}:
        return UserInputError(message)
    return CommandError(f"{message.rstrip('.')}. The log of {name} says more.")


def _input_errors(kind: type[UserInputError]) -> set[type[UserInputError]]:
    return {kind}.union(*map(_input_errors, kind.__subclasses__()))
