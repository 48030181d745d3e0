"""Puts off the import of scipy.stats, half of what scikit-learn imports, until something uses it.

scikit-learn imports it for a few functions that few training jobs call. Until one is called, a
stand-in has its place, whose names are stand-ins too; the first use imports the real module, which
from then on answers for both. Where scipy.stats is there already, nothing changes.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import threading
from collections.abc import Sequence
from types import ModuleType
from typing import Any

MODULE = "scipy.stats"
_importing = threading.RLock()


def defer() -> None:
    """Let the next import of scipy.stats do nothing until it is used."""
    if MODULE not in sys.modules and not any(isinstance(f, _Finder) for f in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds the stand-in instead of the module; a submodule's import is a use of the real one."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.startswith(f"{MODULE}."):
            _real()
        if name != MODULE:
            return None
        real = importlib.machinery.PathFinder.find_spec(name, path, target)
        if real is None:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, origin=real.origin)  # type: ignore[arg-type]
        spec.submodule_search_locations = real.submodule_search_locations
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing: that is what is put off."""


class _StandIn(ModuleType):
    """Has any name that is asked of it, and answers by the real module once that is there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system asks about, which is no use
            raise AttributeError(name)
        if isinstance(sys.modules.get(MODULE), _StandIn):
            return _Name(name)
        return getattr(_real(), name)


class _Name:
    """A function or a distribution of the module, which calls and attributes are passed on to."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return getattr(_real(), self._name)(*arguments, **options)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(getattr(_real(), self._name), attribute)


def _real() -> ModuleType:
    with _importing:
        if isinstance(sys.modules.get(MODULE), _StandIn):
            sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, _Finder)]
            del sys.modules[MODULE]
        return importlib.import_module(MODULE)
