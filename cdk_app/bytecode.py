"""Bytecode for the Lambdas' assets: a cold Lambda otherwise compiles all that it imports.

Lambda's disk cannot be written to, so without it every cold start compiles again. Bytecode is for
one version of Python only, so the compiler has to be of the Lambdas' own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from uv import find_uv_bin

# Where Lambda unpacks an asset: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
_TASK_FOLDER = "/var/task"


class BytecodeError(Exception):
    """A file could not be compiled; has what the compiler said."""


@cache
def find_compiler(version: str) -> str | None:
    """Return a CPython of this version ("3.13") on this machine; None when there is none.

    Nothing is downloaded for it. The running interpreter is the first choice.
    """
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable if sys.implementation.name == "cpython" else None
    search = (find_uv_bin(), "python", "find", "--system", "--no-python-downloads")
    found = subprocess.run(  # noqa: S603 - our own tool, with arguments made here
        (*search, f"cpython@{version}"), capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def add_bytecode(tree: Path, compiler: str) -> None:
    """Put bytecode beside every module below `tree`.

    The same files give the same bytes. Python takes the bytecode without a look at its source
    (PEP 552's unchecked hash): an asset's files have no times of their own.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(  # noqa: S603 - our own tool, with arguments made here
        (
            compiler, "-S", "-m", "compileall", "-q", "-f",
            "--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", _TASK_FOLDER, str(tree),
        ),
        env=clean | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if result.returncode:
        raise BytecodeError(
            f"{compiler} could not compile what the Lambdas import:\n"
            f"{(result.stdout + result.stderr).strip()}"
        )
