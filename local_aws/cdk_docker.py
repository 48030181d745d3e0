"""The CDK's Docker on a machine without one (`CDK_DOCKER`): builds and pushes nothing.

On the local AWS an image's code runs straight from its source folder, and nobody pulls an image.
Answers `login`, `inspect`, `build`, `tag` and `push`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> int:
    """Run one of Docker's commands; return the exit status that the CDK CLI looks at."""
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    match command:
        case "login":
            sys.stdin.read()
            return 0
        case "inspect":
            return 1  # nothing is ever built already
        case "build":
            return _build(rest)
        case "tag" | "push":
            return 0
    print(f"The local AWS's stand-in for Docker has no command {command!r}.", file=sys.stderr)
    return 1


def _build(arguments: Sequence[str]) -> int:
    name = arguments[arguments.index("--file") + 1] if "--file" in arguments else "Dockerfile"
    context = Path(arguments[-1] if arguments else ".")
    if (context / name).is_file():
        return 0
    print(f"There is no {name} in {context}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
