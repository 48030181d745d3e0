"""The deployment's settings on this machine: those that differ here, and a person's own.

A person's own (`up --settings`) are kept in the workspace, for the commands that come after.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local_aws.errors import UsageError
from local_aws.workspace import Workspace

_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "AMD64": "x86_64"}


def for_this_machine() -> dict[str, Any]:
    """Return the settings that differ from a deployment to AWS.

    The Lambdas run on this interpreter; a person who waits should not wait for a minute of quiet,
    nor for hours if an event is lost.
    """
    machine = platform.machine()
    return {
        "lambda_architecture": _ARCHITECTURES.get(machine, machine),
        "lambda_python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "settle_seconds": 5,
        "heartbeat_seconds": 900,
    }


def of(workspace: Workspace) -> dict[str, Any]:
    """Return what is deployed over cdk.json's settings."""
    return {**for_this_machine(), **_own(workspace)}


def parse(text: str) -> dict[str, Any]:
    """Read a person's settings; which keys and values there are is the CDK app's to say.

    Raises
    ------
    UsageError
        It is not a JSON object.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--settings is not JSON: {error}. Found {text[:80]!r}.") from None
    if not isinstance(found, dict):
        raise UsageError(
            f"--settings is {text[:80]!r}, and must be a JSON object such as "
            "'{\"heartbeat_seconds\": 30}'. docs/settings.md has all keys."
        )
    return found


@contextmanager
def kept(workspace: Workspace, own: dict[str, Any] | None) -> Iterator[None]:
    """Keep a person's settings if what is done with them succeeds; None changes nothing."""
    if own is None:
        yield
        return
    before = _own(workspace)
    _keep(workspace, own)
    try:
        yield
    except BaseException:
        _keep(workspace, before)
        raise


def _own(workspace: Workspace) -> dict[str, Any]:
    try:
        found = json.loads(workspace.settings_file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(workspace: Workspace, own: dict[str, Any]) -> None:
    workspace.root.mkdir(parents=True, exist_ok=True)
    workspace.settings_file.write_text(json.dumps(own), "utf-8")
