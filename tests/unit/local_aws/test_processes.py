from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws import LocalAwsError, processes
from tests.support.conformance.functions import eventually


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-c", *arguments]


def run(command: list[str], tmp_path: Path, timeout: float = 20) -> None:
    log = tmp_path / "log"
    processes.run("it", command, cwd=tmp_path, env=dict(os.environ), log=log, timeout=timeout)


def state(pid: int) -> str:
    """What a process does; X when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "X"


def wait_until_gone(pid: int) -> None:
    eventually(lambda: state(pid), lambda status: status in "XZ")


def test_a_failure_shows_the_end_of_the_output(tmp_path: Path) -> None:
    with pytest.raises(LocalAwsError, match=r"status 3:\n  last words"):
        run(python("import sys; print('last words'); sys.exit(3)"), tmp_path)


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    stubborn = subprocess.Popen(
        python(
            "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
            " open(sys.argv[1], 'w').close(); time.sleep(60)",
            str(ready),
        )
    )
    eventually(ready.exists, bool)
    processes.end(stubborn.pid, seconds=0.3)
    wait_until_gone(stubborn.pid)
