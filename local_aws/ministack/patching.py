"""How a private function of MiniStack is replaced, loudly when it is not there any more."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

# The version whose private functions the other modules replace, and the conformance tests ran with.
REQUIRED_VERSION = "1.5.33"


class PatchError(RuntimeError):
    """MiniStack doesn't look as a patch expects it."""


def check_version() -> None:
    """Raise PatchError for every version of MiniStack but the required one."""
    installed = version("ministack")
    if installed != REQUIRED_VERSION:
        raise PatchError(
            f"The local AWS needs ministack {REQUIRED_VERSION}, found {installed}. "
            "Install it: make setup"
        )


class _Module:
    """A module of MiniStack, imported when it is used."""

    def __init__(self, path: str) -> None:
        vars(self)["_path"] = path

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._path), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(import_module(self._path), name, value)


def module(path: str) -> Any:
    """Return a module by its dotted path below MiniStack's package; untyped upstream."""
    return _Module(f"ministack.{path}")


def replace(owner: Any, name: str, build: Callable[[Any], Any]) -> None:
    """Replace `owner.name` by what `build` makes of the original."""
    original = getattr(owner, name, None)
    if original is None:
        raise PatchError(f"{getattr(owner, '__name__', owner)} has no {name} to patch.")
    setattr(owner, name, build(original))


def rewrite(text: str, old: str, new: str) -> str:
    """Replace the one place where `old` occurs in a script of MiniStack's."""
    if text.count(old) != 1:
        raise PatchError(f"Expected exactly one {old!r} in the script, found {text.count(old)}.")
    return text.replace(old, new)
