"""`python -m tools.names`: limits names that say nothing of their content, such as `found`.

weight.toml has the most of them for each part, per 1,000 lines of Python. Counted are variables,
arguments and fields; a name is judged by its meaning in review, here by a list of words.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator

from tools.weight import ROOT, list_files

_WORDS = """
about alike alone another apart asked beyond both called done each few found given gone got here
kept known looked made many needed now one other others own said seen so some such taken then there
these thing things those told wanted what which who whole
"""
PLACEHOLDERS = frozenset(_WORDS.split())


def main() -> int:
    """Print the table, and the places in each part above its limit; return 1 if there is one."""
    limits: dict[str, float] = tomllib.loads((ROOT / "weight.toml").read_text("utf-8"))["names"]
    status = 0
    for part, limit in limits.items():
        lines, places = 0, []
        for path in list_files(part, ".py"):
            source = path.read_text("utf-8")
            lines += source.count("\n")
            name = path.relative_to(ROOT)
            places += [f"{name}:{line}: {word}" for word, line in find_placeholders(source)]
        rate = 1000 * len(places) / max(lines, 1)
        print(f"{f'placeholder names, {part}':55}{rate:6.1f} of {limit:4.1f}")
        if rate > limit:
            print("\n".join(places))
            status = 1
    return status


def find_placeholders(source: str) -> Iterator[tuple[str, int]]:
    """Yield the placeholders that a module binds, with their lines."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                if name.strip("_") in PLACEHOLDERS:
                    yield name, node.lineno


if __name__ == "__main__":
    sys.exit(main())
