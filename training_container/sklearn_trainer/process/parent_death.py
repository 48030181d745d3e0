"""Lets a process end with its parent, so that nothing goes on when a job was killed."""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with(parent: int, exit_code: int) -> None:
    """Let the kernel kill this process when its parent dies, however that happens.

    Parameters
    ----------
    parent
        The parent's process id, asked for before the fork.
    exit_code
        That of this process if its parent is dead already.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(exit_code)
