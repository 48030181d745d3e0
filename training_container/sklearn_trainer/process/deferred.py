"""Puts off the imports that scikit-learn makes for functions which few training jobs call.

Until something is used, a stand-in has a module's place, and a stand-in for each of the names below
that were imported from it. The first use imports the real module, which from then on answers for
all of them. Any other name is a use: with other versions of the libraries, what is not known here
is imported as always. Where a module is there already, nothing changes.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import threading
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

DEFERRED: dict[str, tuple[str, ...]] = {
    "asyncio": (),
    "numpy.f2py": (),
    "numpy.testing": (),
    "pandas": ("DataFrame", "Index", "NA", "Series"),
    "pyarrow.compute": (),
    "scipy.integrate": ("trapezoid",),
    "scipy.interpolate": ("BSpline",),
    "scipy.optimize._linprog": ("linprog", "linprog_verbose_callback"),
    "scipy.optimize._milp": ("milp",),
    "scipy.optimize._shgo": ("shgo",),
    "scipy.spatial.transform": (),
    "scipy.stats": ("chi2", "gmean", "rankdata", "spearmanr"),
}
"""The modules, and of each what others import from it by name, or compare their arguments with."""

_METADATA = ("__all__", "__version__")

_releasing = threading.Lock()


def defer() -> None:
    """Let the next imports of these modules do nothing until they are used."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def load(name: str) -> ModuleType:
    """Return the real module, imported now if it was put off."""
    with _releasing:  # and no more: imports have locks of their own
        if isinstance(sys.modules.get(name), _StandIn):
            _released.add(name)
            del sys.modules[name]
    return importlib.import_module(name)


_released: set[str] = set()


class _Finder:  # not of importlib.abc, whose import would take longer than all that is here
    """Finds the stand-in instead of the module; a submodule's import is a use of the real one."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        parent = name.rpartition(".")[0]
        if parent in DEFERRED and parent not in _released:
            load(parent)
        if name not in DEFERRED or name in _released:
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
    """Has the names that may be put off, and imports the real module for any other."""

    def __getattr__(self, name: str) -> Any:
        # What the import system and inspect ask about every module is no use of it.
        if name.startswith("__") and name not in _METADATA:
            raise AttributeError(name)
        if name in DEFERRED[self.__name__] and self.__name__ not in _released:
            return _Name(self.__name__, name)
        return getattr(load(self.__name__), name)

    def __dir__(self) -> Iterable[str]:
        return dir(load(self.__name__))


class _Name:
    """A function, class or distribution of a module, which everything is passed on to."""

    def __init__(self, module: str, name: str) -> None:
        self._of = module, name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return _real(*self._of)(*arguments, **options)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(_real(*self._of), attribute)

    # Nothing is an instance or a child of a class that was never imported.
    def __instancecheck__(self, instance: object) -> bool:
        return self._of[0] in _released and isinstance(instance, _real(*self._of))

    def __subclasscheck__(self, kind: type) -> bool:
        return self._of[0] in _released and issubclass(kind, _real(*self._of))

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (_real(*self._of),)

    def __reduce__(self) -> tuple[Any, ...]:
        return _real, self._of


def _real(module: str, name: str) -> Any:
    return getattr(load(module), name)
