"""What a deployment is made from on this machine: settings and sources, as one digest.

A person's own settings (`up --settings`) are kept in the workspace, for the commands that follow.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from local_aws.errors import UsageError
from local_aws.workspace import Workspace

# Files and folders of the repository that the synthesized stack depends on.
SOURCES = (
    "app.py",
    "cdk.json",
    "cdk_app",
    "common",
    "lambda",
    "training_container",
    "package-lock.json",
    "requirements.txt",
)

_IGNORED_FOLDERS = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "AMD64": "x86_64"}


def for_this_machine(own: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the settings that differ from a deployment to AWS, a person's own on top.

    The Lambdas run on this interpreter; a person who waits should not wait for a minute of quiet,
    nor for hours if an event is lost. A day's heartbeats fit into an execution's history. Nothing
    here costs money, so that no limit applies.
    """
    machine, own = platform.machine(), own or {}
    limits = own.get("limits", {})
    return {
        "lambda_architecture": _ARCHITECTURES.get(machine, machine),
        "lambda_python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "settle_seconds": 5,
        "heartbeat_seconds": 900,
        "run_timeout_seconds": 86_400,
        **own,
        # What is not an object is refused by the CDK app.
        "limits": {"max_cost_usd": None, **limits} if isinstance(limits, dict) else limits,
    }


def parse(text: str) -> dict[str, Any]:
    """Read a person's settings; the CDK app checks keys and values."""
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


def own(workspace: Workspace) -> dict[str, Any]:
    """Return the person's settings that were kept last."""
    try:
        found = json.loads(workspace.settings_file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def keep(workspace: Workspace, settings: dict[str, Any]) -> None:
    """Keep a person's settings; once they were deployed."""
    workspace.settings_file.write_text(json.dumps(settings), "utf-8")


def fingerprint(repository: Path, settings: Mapping[str, Any]) -> str:
    """Return the digest of all sources' paths and contents and of the settings."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in sorted(_files(repository)):
        content = path.read_bytes()
        name = path.relative_to(repository).as_posix()
        digest.update(f"\0{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _files(repository: Path) -> Iterable[Path]:
    for name in SOURCES:
        source = repository / name
        if source.is_file():
            yield source
        for path in source.rglob("*"):
            below = path.relative_to(source)
            if path.is_file() and path.suffix != ".pyc" and not _IGNORED_FOLDERS & {*below.parts}:
                yield path
