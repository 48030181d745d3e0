"""The types in a model file that this image loads: all that its own pipelines are made of.

skops knows most of them; those that it does not are listed in trusted_types.txt. A listed type is
less dangerous than a pickle, which may name anything. It is not proof against a forged file.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("trusted_types.txt")


@cache
def trusted_types() -> frozenset[str]:
    """Return the listed types."""
    lines = (line.partition("#")[0].strip() for line in LIST.read_text("ascii").splitlines())
    return frozenset(line for line in lines if line)
