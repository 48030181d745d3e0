"""Child processes that never outlive what started them, and the end of a process by its id."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from local_aws.errors import LocalAwsError

_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 5.0

# os.kill or os.killpg: of a process, or of a process group by its leader.
Kill = Callable[[int, int], None]


def run(
    name: str, command: Sequence[str], *, cwd: Path, env: dict[str, str], log: Path, timeout: float
) -> None:
    """Run a program to its end, its output in a log; whatever happens to us, it ends too."""
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
            end_group(process.pid)
            process.wait()
    if status:
        end = log.read_text("utf-8", errors="replace").strip().splitlines()[-15:]
        shown = "\n  ".join(end)
        raise LocalAwsError(f"{name} failed with status {status}:\n  {shown}")


def end_with_parent() -> Callable[[], None] | None:
    """Return what a child calls before exec, so that Linux kills it when our thread ends."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end(pid: int, *, seconds: float) -> None:
    """End a process by SIGTERM, and by SIGKILL when it is still there after `seconds`."""
    _end(os.kill, pid, seconds)


def end_group(leader: int) -> None:
    """End the process group of a child of ours: SIGTERM, and SIGKILL for what is left."""
    _end(os.killpg, leader, _GRACE_SECONDS)


def exists(pid: int) -> bool:
    """Whether a process with this id runs; our own ended children don't count."""
    return _exists(os.kill, pid)


def _end(kill: Kill, pid: int, seconds: float) -> None:
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, _GRACE_SECONDS)):
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, number)
        deadline = time.monotonic() + patience
        while _exists(kill, pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not _exists(kill, pid):
            return


def _exists(kill: Kill, pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
