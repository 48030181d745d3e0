"""Forked processes: a function with a time limit, or one function for several items side by side.

A child has the parent's data without copying it, and ends with its parent, however that ends:
joblib's workers would go on after a parent that was killed. The parent must not have used OpenMP
before (libgomp does not survive a fork), so Confirm fits nothing itself until its last contender is
scored.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from sklearn_trainer.contract import EXIT_FAILED
from sklearn_trainer.errors import TunedropError

T = TypeVar("T")
R = TypeVar("R")
Connection: TypeAlias = Any  # multiprocessing.connection.Connection, generic in some versions only

_PR_SET_PDEATHSIG = 1
_OOM_SCORE = Path("/proc/self/oom_score_adj")


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """How a call ended; `value` is there when it is done."""

    status: Literal["done", "timed out", "failed"]
    value: R | None = None
    reason: str = ""
    memory_ran_out: bool = False


def run(function: Callable[[], R], seconds: float) -> Outcome[R]:
    """Return the function's picklable result, or why there is none."""
    child, connection = _fork(lambda parent: parent.send(capture_outcome(function)))
    try:
        if not connection.poll(seconds):
            return Outcome("timed out", reason=f"it was not done within {seconds:,.1f} seconds")
        return _receive(child, connection)
    finally:
        _end(child, connection)


def map_in_processes(
    function: Callable[[T], R],
    items: Sequence[T],
    processes: int,
    prepare: Callable[[], None] = lambda: None,
) -> Iterator[Outcome[R]]:
    """Yield how each call ended, in the order of the items.

    A process makes one call after the other. One that dies has failed with its item, and another
    takes its place. No process outlives the iteration, however that ends.

    Parameters
    ----------
    prepare
        Is called once in each process, before its first item.
    """
    waiting = deque(range(len(items)))
    busy: dict[Connection, tuple[int, ForkProcess]] = {}
    outcomes: dict[int, Outcome[R]] = {}

    def work(parent: Connection) -> None:
        prepare()
        while True:
            parent.send(capture_outcome(partial(function, items[parent.recv()])))

    def give(child: ForkProcess, connection: Connection) -> None:
        busy[connection] = waiting.popleft(), child
        with suppress(ConnectionError):  # of a dead process, which is seen when it is waited for
            connection.send(busy[connection][0])

    try:
        for index in range(len(items)):
            while index not in outcomes:
                while waiting and len(busy) < processes:
                    give(*_fork(work))
                for connection in wait(list(busy)):
                    number, child = busy.pop(connection)
                    outcomes[number] = _receive(child, connection)
                    if waiting and child.exitcode is None:
                        give(child, connection)
                    else:
                        _end(child, connection)
            yield outcomes.pop(index)
    finally:
        for connection, (_, child) in busy.items():
            _end(child, connection)


def capture_outcome(function: Callable[[], R]) -> Outcome[R]:
    """Return how a call ended, whatever it raised."""
    try:
        return Outcome("done", function())
    except MemoryError:
        return Outcome("failed", reason="it ran out of memory", memory_ran_out=True)
    except TunedropError as error:
        return Outcome("failed", reason=error.for_log)
    except Exception as error:  # returned to the parent, which goes on with the other contenders
        print("".join(traceback.format_tb(error.__traceback__)), file=sys.stderr, flush=True)
        return Outcome("failed", reason=f"an unexpected {type(error).__name__}")


def die_with_parent(parent: int, exit_code: int) -> None:
    """Have the kernel kill this process when its parent dies, however that happens.

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


def _fork(work: Callable[[Connection], None]) -> tuple[ForkProcess, Connection]:
    """Fork a process that works for the other end of the connection that is returned."""
    sys.stdout.flush()
    sys.stderr.flush()
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_in_child, args=(work, theirs, os.getpid()))
    child.start()
    theirs.close()
    return child, ours


def _in_child(work: Callable[[Connection], None], connection: Connection, parent: int) -> None:
    die_with_parent(parent, EXIT_FAILED)
    with suppress(OSError):  # where memory runs out, the kernel chooses a child, not the parent
        _OOM_SCORE.write_text("1000", "ascii")
    work(connection)


def _receive(child: ForkProcess, connection: Connection) -> Outcome[R]:
    """Wait for the outcome; a process that died without one has failed."""
    try:
        outcome: Outcome[R] = connection.recv()
    except (EOFError, ConnectionResetError):
        child.join()
        killed = child.exitcode == -signal.SIGKILL
        return Outcome("failed", reason=_death(child.exitcode), memory_ran_out=killed)
    return outcome


def _end(child: ForkProcess, connection: Connection) -> None:
    """End the process, whatever it is doing; its own children end with it."""
    child.kill()
    child.join()
    connection.close()


def _death(code: int | None) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed, most likely for lack of memory"
    return f"its process ended with exit code {code}"
