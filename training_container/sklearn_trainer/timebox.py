"""Runs a function in a forked process with a time limit, so that one slow fit cannot sink the job.

The parent must not have used OpenMP before (libgomp does not survive a fork), so Confirm fits
nothing itself until its last contender is scored. The child sees the data without copying it.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Generic, Literal, TypeVar

from sklearn_trainer.errors import TrainerError

T = TypeVar("T")
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """How it ended; `value` is there when it is done."""

    status: Literal["done", "timed out", "failed"]
    value: T | None = None
    reason: str = ""


def run(function: Callable[[], T], seconds: float) -> Outcome[T]:
    """Return the function's picklable result, or why there is none."""
    sys.stdout.flush()
    sys.stderr.flush()
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_in_child, args=(function, sender), daemon=True)
    child.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            return Outcome("timed out", reason=f"not done within {seconds:g} seconds")
        outcome: Outcome[T] = receiver.recv()
        return outcome
    except EOFError:
        child.join()
        return Outcome("failed", reason=_death(child.exitcode))
    finally:
        child.kill()
        child.join()
        receiver.close()


def _in_child(function: Callable[[], T], sender: Connection) -> None:
    if sys.platform == "linux":  # end with the parent, however it ends
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        outcome: Outcome[T] = Outcome("done", function())
    except MemoryError:
        outcome = Outcome("failed", reason="it ran out of memory")
    except TrainerError as error:
        outcome = Outcome("failed", reason=error.for_log)
    except Exception as error:  # told to the parent, which goes on with the other contenders
        outcome = Outcome("failed", reason=f"an unexpected {type(error).__name__}")
    sender.send(outcome)


def _death(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed, most likely because memory ran out"
    return f"its process ended with exit code {code}"
