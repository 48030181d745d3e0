"""MiniStack inside our process, mended where it differs from AWS in ways that the stack notices.

Each module mends one concept by replacing private functions: hence the exact version, and
`tests/conformance/`, which fails when a new version changes them. MiniStack itself is imported by
`mended_app` only, in a process whose environment is set up (`environment.py`).
"""

from __future__ import annotations

from typing import Any

from local_aws.ministack import (
    callbacks,
    cloudformation_stubs,
    contents_journal,
    ecr_images,
    executions,
    executions_journal,
    lambda_code,
    lambda_concurrency,
    lambda_workers,
    map_concurrency,
    patching,
    retries,
    running_task,
    s3_events,
    schedules,
    version,
)


def mended_app() -> Any:
    """MiniStack's ASGI application, mended."""
    version.check_version()
    for part in (
        running_task,
        callbacks,
        retries,
        executions,
        executions_journal,
        contents_journal,
        map_concurrency,
        lambda_code,
        lambda_workers,
        lambda_concurrency,
        s3_events,
        schedules,
        ecr_images,
        cloudformation_stubs,
    ):
        part.mend()
    return patching.module("app").app
