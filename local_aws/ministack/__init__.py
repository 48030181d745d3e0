"""MiniStack inside our process, patched where it differs from AWS in ways that the stack notices.

Each module corrects one concept by replacing private functions: hence the exact version, and
`tests/conformance/`, which fails when a new version changes them. MiniStack itself is imported by
`patched_app` only, in a process whose environment is set up (`environment.py`).
"""

from __future__ import annotations

from typing import Any

from local_aws.calls import Calls
from local_aws.conditions import CurrentConditions
from local_aws.ministack import (
    events,
    executions,
    lambda_code,
    lambda_workers,
    patching,
    provisioning,
    recorded_targets,
    s3,
    tasks,
)


def patched_app(conditions: CurrentConditions, calls: Calls) -> Any:
    """Return MiniStack's ASGI application, patched; calls that it makes itself are recorded."""
    patching.check_version()
    for module in (tasks, executions, lambda_code, lambda_workers, provisioning, s3):
        module.patch()
    events.patch(conditions)
    recorded_targets.patch(calls)
    return patching.module("app").app
