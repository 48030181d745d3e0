"""S3's objects after a kill: each as it was before a write, or as it was after it, never between.

MiniStack replaces the file of an object and then the file with its metadata. A kill in between
leaves the new content under the old version; that write was never answered, so it is undone here.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_METADATA = ".meta.json"
# MiniStack's folder of the contents that are not current any more: account/bucket/version/key.
VERSIONS = ".versions"


def mend(root: Path) -> None:
    """Undo what was half written below MiniStack's folder of objects; before it starts."""
    for path in _files(root):
        if path.name.endswith(".tmp"):
            path.unlink()
    for path in _files(root):
        if not path.name.endswith(_METADATA) and not path.is_relative_to(root / VERSIONS):
            _mend_object(root, path)


def _mend_object(root: Path, content: Path) -> None:
    metadata_file = content.with_name(content.name + _METADATA)
    if not metadata_file.exists():
        content.unlink()
        return
    if metadata_file.stat().st_mtime_ns >= content.stat().st_mtime_ns:
        return
    metadata: dict[str, Any] = json.loads(metadata_file.read_text("utf-8"))
    account, bucket, *rest = content.relative_to(root).parts
    before = root / VERSIONS / account / bucket / str(metadata.get("version_id")) / Path(*rest)
    if before.exists():
        shutil.copy2(before, content)
        os.utime(content, ns=(0, metadata_file.stat().st_mtime_ns))


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        for name in names:
            yield Path(folder) / name
