"""Calls a function for several items in forked processes, a few at a time, and yields in order.

Folds are scored so: each process has the data without copying it, and threads of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from typing import TypeVar

from sklearn_trainer.timebox import Outcome, Receiver, end, receive, start

T = TypeVar("T")
R = TypeVar("R")


def in_processes(
    function: Callable[[T], R], items: Sequence[T], processes: int
) -> Iterator[Outcome[R]]:
    """Yield how each call ended, in the order of the items.

    No process outlives the iteration, however that ends.
    """
    running: dict[Receiver, tuple[int, ForkProcess]] = {}
    outcomes: dict[int, Outcome[R]] = {}
    next_item = 0
    try:
        for index in range(len(items)):
            while index not in outcomes:
                while next_item < len(items) and len(running) < processes:
                    child, receiver = start(_call(function, items[next_item]))
                    running[receiver] = next_item, child
                    next_item += 1
                for receiver in wait(list(running)):
                    number, child = running[receiver]
                    outcomes[number] = receive(child, receiver)
                    del running[receiver]
                    end(child, receiver)
            yield outcomes.pop(index)
    finally:
        for receiver, (_, child) in running.items():
            end(child, receiver)


def _call(function: Callable[[T], R], item: T) -> Callable[[], R]:
    return lambda: function(item)
