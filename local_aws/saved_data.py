"""What outlives the server: its state, buckets and jobs, as of its last orderly end.

The server works on a copy, of hard links: everything that writes there replaces whole files. At an
orderly end the copy takes the place of what it was made of; that of a killed server is deleted.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from local_aws.workspace import Workspace

log = logging.getLogger(__name__)

LOST = (
    "The local AWS was killed the last time: everything is as of its last orderly stop, and"
    " what has happened since is lost."
)


def is_lost(workspace: Workspace) -> bool:
    """Whether the last server was killed; only while none runs."""
    return workspace.live.exists()


def begin(workspace: Workspace) -> None:
    """Make the copy that the server works on."""
    if is_lost(workspace):
        log.warning(LOST)
        shutil.rmtree(workspace.live)
        workspace.deployed_file.unlink(missing_ok=True)
    _settle(workspace)
    if workspace.kept.exists():
        shutil.copytree(workspace.kept, workspace.live, copy_function=_link)
    for folder in (workspace.state, workspace.objects, workspace.sagemaker):
        folder.mkdir(parents=True, exist_ok=True)


def end(workspace: Workspace) -> None:
    """Keep what the server has written, after its orderly end."""
    if workspace.kept.exists():
        workspace.kept.rename(workspace.kept_before)
    workspace.live.rename(workspace.kept)
    _settle(workspace)


def _settle(workspace: Workspace) -> None:
    """Leave one of what is kept and what was kept before; a kill may come between two renames."""
    if not workspace.kept.exists() and workspace.kept_before.exists():
        workspace.kept_before.rename(workspace.kept)
    shutil.rmtree(workspace.kept_before, ignore_errors=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, Path(target))
