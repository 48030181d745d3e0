"""How a private function of MiniStack is replaced, loudly when it is not there any more."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


class MendError(RuntimeError):
    """MiniStack doesn't look as the mending expects, although its version is the right one."""


def module(path: str) -> Any:
    """Return a module of MiniStack by its dotted path below the package; untyped upstream."""
    return import_module(f"ministack.{path}")


def replace(owner: Any, name: str, build: Callable[[Any], Any]) -> None:
    """Replace `owner.name` by what `build` makes of the original."""
    original = getattr(owner, name, None)
    if original is None:
        raise MendError(f"{getattr(owner, '__name__', owner)} has no {name} to mend.")
    setattr(owner, name, build(original))


def rewrite(text: str, old: str, new: str) -> str:
    """Replace the one place where `old` occurs in a script of MiniStack's."""
    if text.count(old) != 1:
        raise MendError(f"Expected exactly one {old!r} in the script, found {text.count(old)}.")
    return text.replace(old, new)
