"""`python -m tools.weight`: holds lines of code, modules and words of docs within weight.toml.

A line of code is a line of Python that has more than a comment or a docstring. Pages that a tool
generates do not count.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What is deployed, or runs at a user's: its modules are counted, too.
PRODUCT = (
    "cdk_app",
    "common",
    "lambda/tunedrop",
    "training_container/sklearn_trainer",
    "local_aws",
)
GENERATED_PAGES = ("docs/interfaces.md", "docs/search-spaces.md")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def main() -> int:
    """Print the table; return 1 if a limit is exceeded."""
    limits: dict[str, int] = tomllib.loads((ROOT / "weight.toml").read_text("utf-8"))["limits"]
    weights = weigh(limits)
    for name, limit in limits.items():
        excess = weights[name] - limit
        print(f"{name:35}{weights[name]:8,} of {limit:7,}{f'  {excess:,} too many' * (excess > 0)}")
    return int(any(weights[name] > limit for name, limit in limits.items()))


def list_files(folder: str = ".", suffix: str = "") -> list[Path]:
    """Return the repository's files below a folder that have a suffix."""
    command = ["git", "ls-files", folder]
    listing = subprocess.check_output(command, cwd=ROOT, text=True)  # noqa: S603 - git
    paths = [ROOT / name for name in listing.splitlines()]
    return [path for path in paths if path.name.endswith(suffix) and path.is_file()]


def weigh(limits: Iterable[str]) -> dict[str, int]:
    """Return the number behind each limit.

    They are `modules` of the product, `words` of the docs, or folders of code, joined by "+".
    """
    weights: Counter[str] = Counter()
    for path in list_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py":
            weights["modules"] += name.startswith(tuple(f"{part}/" for part in PRODUCT))
            for limit in limits:
                if name.startswith(tuple(f"{folder}/" for folder in limit.split("+"))):
                    weights[limit] += count_code_lines(path.read_text("utf-8"))
        is_page = name == "README.md" or (name.startswith("docs/") and path.suffix == ".md")
        if is_page and name not in GENERATED_PAGES:
            weights["words"] += len(path.read_text("utf-8").split())
    return weights


def count_code_lines(source: str) -> int:
    """Return how many lines of a module are more than blank, comment or docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT and token.string.strip():
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            lines.difference_update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(lines)


if __name__ == "__main__":
    sys.exit(main())
