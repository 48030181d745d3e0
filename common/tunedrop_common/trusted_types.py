"""The types that models of Tunedrop have beside those that skops loads by itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def trusted_types() -> tuple[str, ...]:
    """Return the types that the server, the report's code and a model's README load.

    A model never says itself what to trust. A listed type is less dangerous than a pickle, which
    may name anything, but no proof against a forged file.
    """
    lines = Path(__file__).with_name("trusted_types.txt").read_text("ascii").splitlines()
    return tuple(filter(None, (line.partition("#")[0].strip() for line in lines)))
