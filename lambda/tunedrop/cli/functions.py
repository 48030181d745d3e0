"""Calls of the deployment's Lambdas: Admit, which starts runs, and WriteReport."""

from __future__ import annotations

import json
from typing import Any

from tunedrop.aws_errors import translated
from tunedrop.cli.errors import CommandError
from tunedrop.cli.stack import Stack


def invoke(stack: Stack, function: str, call: dict[str, Any]) -> dict[str, Any]:
    """Call one of the deployment's Lambdas and wait for its answer.

    Raises
    ------
    CommandError
        With the Lambda's own words, when it fails.
    """
    with translated():
        answer = stack.functions.invoke(
            FunctionName=f"{stack.name}-{function}", Payload=json.dumps(call).encode()
        )
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise CommandError(str(found.get("errorMessage") or found))
    return found
