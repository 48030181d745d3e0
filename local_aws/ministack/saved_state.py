"""What MiniStack keeps on disk between two starts: its services' state, beside S3's objects.

It saves by itself at an orderly end; we also save after each deployment, so that a killed server
comes back with the stack and with every object; what has come since is in journals.
"""

from __future__ import annotations

import threading
from pathlib import Path

from local_aws.ministack import contents_journal, executions_journal, patching

_lock = threading.Lock()


def save() -> None:
    """Write the state of all services now."""
    application = patching.module("app")
    with _lock, executions_journal.journal.being_saved(), contents_journal.being_saved():
        patching.module("core.persistence").save_all(application._build_persistence_save_dict())


def is_there(folder: Path) -> bool:
    """Whether anything was ever saved in a folder."""
    return any(folder.glob("*.json"))
