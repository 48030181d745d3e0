"""Calls a function for several items in forked processes side by side, and yields in order.

Folds are scored so: each process has the data without copying it, and threads of its own.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from typing import TypeVar

from sklearn_trainer.process.timebox import Connection, Outcome, end, fork, outcome_of, receive

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 0.2
"""Seconds after which one process is not enough: a process first copies what it touches of its
parent's memory, which takes longer than a short fold."""


def in_processes(
    function: Callable[[T], R],
    items: Sequence[T],
    processes: int,
    prepare: Callable[[], None] = lambda: None,
    *,
    long: bool = False,
) -> Iterator[Outcome[R]]:
    """Yield how each call ended, in the order of the items.

    A process makes one call after the other. One that dies has failed with its item, and another
    takes its place. No process outlives the iteration, however that ends.

    Parameters
    ----------
    prepare
        Is called once in each process, before its first item.
    long
        Whether each call is known to take long: then all processes start at once.
    """
    waiting = deque(range(len(items)))
    busy: dict[Connection, tuple[int, ForkProcess]] = {}
    outcomes: dict[int, Outcome[R]] = {}
    alone_until = time.monotonic() + (0.0 if long else PATIENCE)

    def work(connection: Connection) -> None:
        prepare()
        while True:
            connection.send(outcome_of(partial(function, items[connection.recv()])))

    def give(child: ForkProcess, connection: Connection) -> None:
        busy[connection] = waiting.popleft(), child
        with suppress(ConnectionError):  # of a dead process, which is seen when it is waited for
            connection.send(busy[connection][0])

    try:
        for index in range(len(items)):
            while index not in outcomes:
                patience = max(0.0, alone_until - time.monotonic())
                while waiting and len(busy) < (1 if patience else processes):
                    give(*fork(work))
                for connection in wait(list(busy), patience or None):
                    number, child = busy.pop(connection)
                    outcomes[number] = receive(child, connection)
                    if waiting and child.exitcode is None:
                        give(child, connection)
                    else:
                        end(child, connection)
            yield outcomes.pop(index)
    finally:
        for connection, (_, child) in busy.items():
            end(child, connection)
