"""Gives up root before anything of the data is read.

SageMaker mounts /opt/ml for root and starts the image's user as it is: an image with USER cannot
write its model there. So the image starts as root, gives the folders of the output to the user that
SKLEARN_TRAINER_USER names, and continues as that user.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Sequence
from pathlib import Path

USER_VARIABLE = "SKLEARN_TRAINER_USER"


def drop(*, reads: Path, writes: Sequence[Path] = ()) -> None:
    """Become the named user; stay root, with a message, if that user could not read the input.

    Parameters
    ----------
    reads
        The folder that is read, with all that is in it.
    writes
        Folders that are made if need be, and handed to the user.
    """
    name = os.environ.get(USER_VARIABLE, "")
    if not name or os.geteuid() != 0:
        return
    hidden = _first_hidden(reads)
    if hidden is not None:
        print(f"Continues as root: the user {name} cannot read {hidden}.", flush=True)
        return
    user = pwd.getpwnam(name)
    for folder in writes:
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    # Libraries keep their files below it, some from their import on; root's is closed to the user.
    os.environ["HOME"] = user.pw_dir


def _first_hidden(reads: Path) -> Path | None:
    """Return the first path on the way to the folder, or in it, that not everyone may read."""
    required = [(parent, 0o001) for parent in reads.parents]
    required += [(path, 0o005 if path.is_dir() else 0o004) for path in (reads, *reads.rglob("*"))]
    for path, bits in required:
        if path.exists() and path.stat().st_mode & bits != bits:
            return path
    return None
