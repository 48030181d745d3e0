"""Runs that are under way, by the door and by Step Functions."""

from __future__ import annotations

from collections.abc import Mapping

from tunedrop.aws_errors import translated
from tunedrop.claims import execution_of_run
from tunedrop.cli.stack import Stack
from tunedrop.door import read_door


def active_runs(stack: Stack) -> Mapping[str, str]:
    """Return the executions that are under way, with the run of each as people write it.

    The door knows a run before its execution is in a list, which lags; an execution of the release
    before is in the list alone, by its name.
    """
    pages = stack.executions.get_paginator("list_executions")
    with translated():
        found = {
            execution["executionArn"]: execution["name"]
            for page in pages.paginate(stateMachineArn=stack.state_machine, statusFilter="RUNNING")
            for execution in page["executions"]
        }
    door = read_door(stack.bucket)
    for dataset, slot in door.slots.items() if door else ():
        arn = execution_of_run(stack.state_machine, dataset, slot.run_id)
        found[arn] = f"{dataset}/{slot.run_id}"
    return found
