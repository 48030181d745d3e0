"""Which modules import which, read from their sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Where each part's packages are found.
PARTS = {
    "tunedrop": ROOT / "lambda/tunedrop",
    "sklearn_trainer": ROOT / "training_container/sklearn_trainer",
    "cdk_app": ROOT / "cdk_app",
    "local_aws": ROOT / "local_aws",
    "tunedrop_common": ROOT / "common/tunedrop_common",
}


def modules(part: str) -> dict[str, Path]:
    """Return the modules of a part by their dotted names."""
    folder = PARTS[part]
    names = {}
    for path in sorted(folder.rglob("*.py")):
        inner = path.relative_to(folder).with_suffix("").parts
        inner = inner[:-1] if inner[-1] == "__init__" else inner
        names[".".join((part, *inner))] = path
    return names


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(path: Path) -> Iterator[str]:
    """Return the dotted names that a module imports, wherever in it, as far as they are known."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(name: str, paths: dict[str, Path]) -> str:
    """Return the module that an imported name is, or is in; "" if it is none of these."""
    if name in paths:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in paths else ""


def files_behind(module: str) -> set[Path]:
    """Return the files of all modules of the parts that an import of this one may load."""
    paths = {name: path for part in PARTS for name, path in modules(part).items()}
    files: set[Path] = set()
    ahead = {module}
    while ahead:
        name = ahead.pop()
        if paths[name] not in files:
            files.add(paths[name])
            used = {module_of(imported_name, paths) for imported_name in imported(paths[name])}
            ahead |= used - {""} | {name.rpartition(".")[0] or name}
    return files
