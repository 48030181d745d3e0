"""Where the programs of a benchmark run: interpreters, import paths, and room for data."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.harness import BenchmarkFailed

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(__file__).parent / "programs"
CONTAINER = os.pathsep.join(str(ROOT / name) for name in ("training_container", "common"))
EVERYTHING = os.pathsep.join([str(ROOT), str(ROOT / "lambda"), CONTAINER])
_HOME = ROOT / ".cache" / "benchmarks"


def image_python() -> str:
    """Return the interpreter that has what the training image has."""
    program = _HOME / "image" / "bin" / "python"
    return str(program) if program.is_file() else sys.executable


def peers_python() -> str:
    """Return the interpreter that has what the shipped models are compared with.

    Raises
    ------
    BenchmarkFailed
        When it has not been set up.
    """
    program = _HOME / "peers" / "bin" / "python"
    if not program.is_file():
        raise BenchmarkFailed(
            f"{program.relative_to(ROOT)} is not there: run `make benchmark-peers` first."
        )
    return str(program)


def scratch() -> Path:
    """Return a folder on disk for the data."""
    folder = _HOME / "data"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
