"""What a deployment is made from, as one digest: unchanged sources need no second synth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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
