"""Packages of the training image that the tests' own environment lacks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from tests.support.imports import ROOT

LOCKED = ROOT / "training_container/requirements.txt"


def install(folder: Path, *names: str) -> None:
    """Install packages into a folder for this interpreter, in the versions of the image."""
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCKED.read_text(), re.MULTILINE))
    subprocess.run(
        [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--target", str(folder),
         "--python", sys.executable, *(f"{name}=={locked[name]}" for name in names)],
        check=True,
    )  # fmt: skip
