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
    lagging,
    lambda_code,
    lambda_images,
    lambda_workers,
    patching,
    provisioning,
    queues,
    recorded_targets,
    s3,
    tasks,
)


def patched_app(conditions: CurrentConditions, calls: Calls) -> Any:
    """MiniStack's ASGI application, patched; what it does itself is added to the calls."""
    patching.check_version()
    for part in (tasks, executions, lambda_code, lambda_images, lambda_workers, provisioning, s3):
        part.patch()
    for on_request in (events, lagging, queues):
        on_request.patch(conditions)
    recorded_targets.patch(calls)
    return patching.module("app").app
