"""Runs a function in a forked process with a time limit, so that one slow fit cannot sink the job.

The parent must not have used OpenMP before (libgomp does not survive a fork), so Confirm fits
nothing itself until its last contender is scored. The child sees the data without copying it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from sklearn_trainer.contract import EXIT_FAILED
from sklearn_trainer.errors import TunedropError
from sklearn_trainer.process.parent_death import end_with

T = TypeVar("T")
Connection: TypeAlias = Any  # multiprocessing.connection.Connection, generic in some versions only


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """How it ended; `value` is there when it is done."""

    status: Literal["done", "timed out", "failed"]
    value: T | None = None
    reason: str = ""


def run(function: Callable[[], T], seconds: float) -> Outcome[T]:
    """Return the function's picklable result, or why there is none."""
    child, connection = fork(lambda caller: caller.send(outcome_of(function)))
    try:
        if not connection.poll(seconds):
            return Outcome("timed out", reason=f"not done within {seconds:g} seconds")
        return receive(child, connection)
    finally:
        end(child, connection)


def fork(work: Callable[[Connection], None]) -> tuple[ForkProcess, Connection]:
    """Fork a process that works for the other end of the connection that is returned."""
    sys.stdout.flush()
    sys.stderr.flush()
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_in_child, args=(work, theirs, os.getpid()))
    child.start()
    theirs.close()
    return child, ours


def outcome_of(function: Callable[[], T]) -> Outcome[T]:
    """Call the function."""
    try:
        return Outcome("done", function())
    except MemoryError:
        return Outcome("failed", reason="it ran out of memory")
    except TunedropError as error:
        return Outcome("failed", reason=error.for_log)
    except Exception as error:  # told to the parent, which goes on with the other contenders
        print("".join(traceback.format_tb(error.__traceback__)), file=sys.stderr, flush=True)
        return Outcome("failed", reason=f"an unexpected {type(error).__name__}")


def receive(child: ForkProcess, connection: Connection) -> Outcome[T]:
    """Wait for the outcome; a process that died without one has failed."""
    try:
        outcome: Outcome[T] = connection.recv()
    except (EOFError, ConnectionResetError):
        child.join()
        return Outcome("failed", reason=_death(child.exitcode))
    return outcome


def end(child: ForkProcess, connection: Connection) -> None:
    """End the process, whatever it is doing; its own children end with it."""
    child.kill()
    child.join()
    connection.close()


def _in_child(work: Callable[[Connection], None], connection: Connection, parent: int) -> None:
    end_with(parent, EXIT_FAILED)
    work(connection)


def _death(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed, most likely because memory ran out"
    return f"its process ended with exit code {code}"
