"""The Pythons that sides run in: the training image's packages, and the same with its peers'.

`make benchmark` builds both below .cache/benchmarks. Without them (in tests) this interpreter does,
as far as it has the packages.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(__file__).parent / "programs"
CONTAINER = os.pathsep.join(str(ROOT / name) for name in ("training_container", "common"))
LAMBDAS = os.pathsep.join(str(ROOT / name) for name in ("lambda", "common"))
_HOME = ROOT / ".cache" / "benchmarks"


def image_python() -> str:
    """Return the interpreter that has what the training image has."""
    return _python("image")


def peers_python() -> str:
    """Return the interpreter that has the image's packages, and polars and the toolkit besides."""
    return _python("peers")


def toolkit() -> str | None:
    """Return the official toolkit's `train` program, if it is installed."""
    program = _HOME / "peers" / "bin" / "train"
    return str(program) if program.is_file() else None


def _python(name: str) -> str:
    program = _HOME / name / "bin" / "python"
    return str(program) if program.is_file() else sys.executable


def scratch() -> Path:
    """Return a folder on disk for the data."""
    folder = _HOME / "data"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
