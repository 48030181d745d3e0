"""What a training image becomes on this machine: a Python module under the container contract.

Every training image maps to one `ContainerEntryPoint`; `training_run.py` prepares its `/opt/ml`
and `interpreters.py` runs it, in a fork or a plain process.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

PRELOAD_FILE = "preload.txt"


@dataclass(frozen=True, kw_only=True)
class ContainerEntryPoint:
    """`python -m <module> <arguments>` with some folders on the import path.

    Parameters
    ----------
    module
        What `python -m` runs.
    arguments
        Its command line.
    python_path
        Folders put in front of `sys.path`.
    preload
        Modules that the fork server imports once, for all training jobs; missing ones are skipped.
    python
        The interpreter.
    """

    module: str
    arguments: tuple[str, ...] = ("train",)
    python_path: tuple[Path, ...] = ()
    preload: tuple[str, ...] = ()
    python: str = sys.executable

    @classmethod
    def of_training_container(cls, folder: Path) -> ContainerEntryPoint:
        """Entry point of Tunedrop's own image: `python -m sklearn_trainer train`."""
        return cls(
            module="sklearn_trainer",
            python_path=(folder.resolve(), folder.resolve().parent / "common"),
            preload=read_preload(folder / PRELOAD_FILE),
        )


def read_preload(path: Path) -> tuple[str, ...]:
    """Read module names, one a line; `#` starts a comment; no file means no names."""
    if not path.is_file():
        return ()
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return tuple(line for line in lines if line)
