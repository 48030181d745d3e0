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

_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 5.0


class CommandFailed(RuntimeError):
    """A program ended with an error; the message has the end of what it wrote."""


def run(
    command: Sequence[str], *, cwd: Path, env: dict[str, str], log: Path, timeout: float
) -> None:
    """Run a program to its end; whatever happens to us, it and its children end too.

    Parameters
    ----------
    log
        Gets everything that the program writes.
    timeout
        Seconds after which it is stopped and counted as failed.
    """
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
            raise CommandFailed(f"{command[0]} took longer than {timeout:.0f} s.") from None
        finally:
            end_group(process.pid)
            process.wait()
    if status:
        end = log.read_text("utf-8", errors="replace").strip().splitlines()[-15:]
        shown = "\n  ".join(end)
        raise CommandFailed(f"{Path(command[0]).name} ended with status {status}:\n  {shown}")


def end_with_parent() -> Callable[[], None] | None:
    """Return what a child calls before exec, so that Linux kills it when our thread ends."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_group(leader: int) -> None:
    """End the process group of a child of ours: SIGTERM, and SIGKILL for what is left."""
    for number, seconds in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, 1.0)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, number)
        if _gone(lambda: _group_exists(leader), seconds):
            return


def end(pid: int, *, seconds: float) -> None:
    """End a process by SIGTERM, and by SIGKILL when it is still there after `seconds`."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if _gone(lambda: exists(pid), patience):
            return


def exists(pid: int) -> bool:
    """Whether a process with this id runs; our own ended children don't count."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _group_exists(leader: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(leader, os.WNOHANG)
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _gone(still_there: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while still_there():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
