"""Runs that are under way."""

from __future__ import annotations

from collections.abc import Mapping

from tunedrop.aws_errors import translated
from tunedrop.cli.stack import Stack


def active_runs(stack: Stack) -> Mapping[str, str]:
    """Return the executions that are under way: the ARN of each, and its name."""
    pages = stack.executions.get_paginator("list_executions")
    with translated():
        return {
            execution["executionArn"]: execution["name"]
            for page in pages.paginate(stateMachineArn=stack.state_machine, statusFilter="RUNNING")
            for execution in page["executions"]
        }
