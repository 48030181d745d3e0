"""Child processes that never outlive their parent, and the end of a process by its id."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from local_aws import LocalAwsError

_PR_SET_PDEATHSIG = 1


def run(
    name: str, command: Sequence[str], *, cwd: Path, env: dict[str, str], log: Path, timeout: float
) -> None:
    """Run a program to its end, its output in a log; kill it with its children if we end first."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - callers pass fixed programs
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent(),
        )
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LocalAwsError(f"{name} took longer than {timeout:.0f} s.") from None
        finally:
            kill_group(process.pid)
            process.wait()
    if status:
        raise LocalAwsError(f"{name} failed with status {status}:\n  {last_lines(log)}")


def last_lines(log: Path) -> str:
    """Return the last 15 lines of a log, indented."""
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()[-15:]
    return "\n  ".join(lines) or "(nothing was written)"


def end_with_parent() -> Callable[[], None] | None:
    """Return what a child calls before exec, so that Linux kills it when our thread ends."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end(pid: int, *, seconds: float) -> None:
    """End a process by SIGTERM, and by SIGKILL if it still runs after `seconds`."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.terminate()
        try:
            process.wait(seconds)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait()


def kill_group(leader: int) -> None:
    """Kill what remains of the process group of a child."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
