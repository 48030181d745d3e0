"""Which files of a package some of its modules need, found by reading imports, not by running them.

Bundling packs a Lambda's asset with these and no others, so that a change to one Lambda's modules
does not deploy the others again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


class ImportClosureError(Exception):
    """A module imports one of its own package that is not there."""


def import_closure(root: Path, modules: Iterable[str]) -> tuple[Path, ...]:
    """Give the files below `root` that the modules and all that they import are made of.

    Parameters
    ----------
    root
        The folder that holds the package; imports of anything outside of it are ignored.
    modules
        Dotted names: "tunedrop.handlers.plan_run".

    Returns
    -------
    The modules' files, the `__init__.py` of each package on the way, and the data files of those
    packages; relative to `root`, sorted.
    """
    files: set[Path] = set()
    waiting = sorted(set(modules), reverse=True)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        path = _source(root, name)
        if path is None:
            raise ImportClosureError(f"There is no module {name} below {root}")
        files.add(path)
        if path.name == "__init__.py":
            files.update(_data_files(path.parent))
        waiting += [".".join(name.split(".")[:-1])] if "." in name else []
        waiting += _own_imports(root, name, path)
    return tuple(sorted(path.relative_to(root) for path in files))


def _source(root: Path, name: str) -> Path | None:
    base = root.joinpath(*name.split("."))
    for path in (base / "__init__.py", base.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def _own_imports(root: Path, name: str, path: Path) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    collector = _Imports(package)
    collector.visit(ast.parse(path.read_bytes(), filename=str(path)))
    for module, attributes in collector.found:
        if not (root / module.split(".")[0]).is_dir():
            continue
        if _source(root, module) is None:
            raise ImportClosureError(f"{path} imports {module}, which is not below {root}")
        yield module
        for attribute in attributes:
            if _source(root, f"{module}.{attribute}") is not None:
                yield f"{module}.{attribute}"


class _Imports(ast.NodeVisitor):
    """Collects (module, names taken from it), wherever in the file they are imported."""

    def __init__(self, package: str) -> None:
        self._package = package
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [(alias.name, ()) for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            parts = self._package.split(".")
            base = parts[: len(parts) - node.level + 1]
            module = ".".join([*base, *([module] if module else [])])
        self.found.append((module, tuple(alias.name for alias in node.names)))

    def visit_If(self, node: ast.If) -> None:
        condition = node.test
        name = condition.attr if isinstance(condition, ast.Attribute) else condition
        if (name.id if isinstance(name, ast.Name) else name) == "TYPE_CHECKING":
            for statement in node.orelse:  # what is only for type checkers never runs
                self.visit(statement)
        else:
            self.generic_visit(node)


def _data_files(folder: Path) -> Iterator[Path]:
    """Give the files of a package that are no Python, subfolders which are no packages included."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir() and not (path / "__init__.py").is_file():
            yield from _data_files(path)
        elif path.is_file() and path.suffix not in (".py", ".pyc"):
            yield path
