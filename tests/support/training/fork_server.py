"""A process that imports what jobs need and forks a child for each, as the local AWS does.

Reads one JSON line a job on standard input, answers with one line: the exit code.
"""

import json
import os
import runpy
import sys
from typing import Any


def run_job(job: dict[str, Any]) -> None:
    """Become the training job; never returns."""
    os.setsid()
    out = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
    os.environ.update(job["environment"])
    sys.argv = ["sklearn_trainer", *job["arguments"]]
    code = 0
    try:
        runpy.run_module("sklearn_trainer", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Serve until standard input ends."""
    for module in sys.argv[1].split():
        __import__(module)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run_job(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
