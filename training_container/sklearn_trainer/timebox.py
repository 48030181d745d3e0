"""Runs a function in a forked process with a time limit, so that one slow fit cannot sink the job.

The parent must not have used OpenMP before (libgomp does not survive a fork), so Confirm fits
nothing itself until its last contender is scored. The child sees the data without copying it.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from sklearn_trainer.errors import TrainerError

T = TypeVar("T")
Receiver: TypeAlias = Any  # multiprocessing.connection.Connection, generic in some versions only
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """How it ended; `value` is there when it is done."""

    status: Literal["done", "timed out", "failed"]
    value: T | None = None
    reason: str = ""


def run(function: Callable[[], T], seconds: float) -> Outcome[T]:
    """Return the function's picklable result, or why there is none."""
    child, receiver = start(function)
    try:
        if not receiver.poll(seconds):
            return Outcome("timed out", reason=f"not done within {seconds:g} seconds")
        return receive(child, receiver)
    finally:
        end(child, receiver)


def start(function: Callable[[], T]) -> tuple[ForkProcess, Receiver]:
    """Fork a process that calls the function and sends the outcome to the receiver."""
    sys.stdout.flush()
    sys.stderr.flush()
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_in_child, args=(function, sender, os.getpid()))
    child.start()
    sender.close()
    return child, receiver


def receive(child: ForkProcess, receiver: Receiver) -> Outcome[T]:
    """Wait for the outcome; a process that died without one has failed."""
    try:
        outcome: Outcome[T] = receiver.recv()
    except EOFError:
        child.join()
        return Outcome("failed", reason=_death(child.exitcode))
    return outcome


def end(child: ForkProcess, receiver: Receiver) -> None:
    """End the process, whatever it is doing; its own children end with it."""
    child.kill()
    child.join()
    receiver.close()


def _in_child(function: Callable[[], T], sender: Any, parent: int) -> None:
    if sys.platform == "linux":  # end with the parent, however it ends
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
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
