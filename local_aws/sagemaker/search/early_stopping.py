"""Which training jobs stop before their end: the median rule, and the Hyperband strategy."""

from __future__ import annotations

import itertools
import math
import statistics
import threading
from collections.abc import Iterator, Sequence

# How many earlier training jobs make a median is not documented.
_JOBS_FOR_A_MEDIAN = 3

# Of the training jobs that reach a rung, one in so many goes on.
_REDUCTION = 3


class MedianRule:
    """Early stopping as SageMaker documents it, over the training jobs of one tuning job.

    A training job is stopped when its objective value is worse than the median of the running
    averages, up to the same epoch, of the training jobs before it.
    """

    def __init__(self, *, maximize: bool) -> None:
        self._sign = 1 if maximize else -1
        self._averages: list[list[float]] = []
        self._lock = threading.Lock()

    def learn(self, curve: Sequence[float]) -> None:
        """Take in the objective values, epoch by epoch, of a training job that ended."""
        sums = itertools.accumulate(curve)
        averages = [total / epoch for epoch, total in enumerate(sums, start=1)]
        with self._lock:
            self._averages.append(averages)

    def should_stop(self, curve: Sequence[float]) -> bool:
        """Return whether a training job with these values so far has to stop."""
        epoch = len(curve)
        with self._lock:
            earlier = [item[epoch - 1] for item in self._averages if len(item) >= epoch]
        if epoch == 0 or len(earlier) < _JOBS_FOR_A_MEDIAN:
            return False
        return self._sign * curve[-1] < self._sign * statistics.median(earlier)


class Hyperband:
    """Asynchronous successive halving in several brackets.

    A training job's resource is the number of times that it emitted the objective metric; at each
    rung of its bracket it runs on only when it is among the best third of those that have reached
    the rung.

    Parameters
    ----------
    min_resource, max_resource
        The first rung, and the resource after which a training job has to end.
    """

    def __init__(self, min_resource: int, max_resource: int, *, maximize: bool) -> None:
        self._max_resource = max_resource
        self._sign = 1 if maximize else -1
        self._rungs = [
            _rungs(min_resource, max_resource, skip)
            for skip in range(1 + int(math.log(max_resource / min_resource, _REDUCTION) + 1e-9))
        ]
        self._reached: dict[tuple[int, int], list[float]] = {}
        self._next_bracket = self._places()
        self._lock = threading.Lock()

    def place(self) -> int:
        """Give the next training job its bracket."""
        with self._lock:
            return next(self._next_bracket)

    def should_stop(self, bracket: int, resource: int, objective: float) -> bool:
        """Return whether a training job has to stop at this resource with this objective value."""
        if resource > self._max_resource:
            return True
        if resource not in self._rungs[bracket]:
            return False
        with self._lock:
            rung = self._reached.setdefault((bracket, resource), [])
            rung.append(self._sign * objective)
            promoted = max(1, len(rung) // _REDUCTION)
            enough = len(rung) >= _REDUCTION
            return enough and self._sign * objective < sorted(rung, reverse=True)[promoted - 1]

    def _places(self) -> Iterator[int]:
        # As many training jobs for each bracket as synchronous Hyperband would start in it.
        count = len(self._rungs)
        sizes = [
            math.ceil(count / (count - skip) * _REDUCTION ** (count - 1 - skip))
            for skip in range(count)
        ]
        while True:
            yield from itertools.chain.from_iterable(
                itertools.repeat(bracket, size) for bracket, size in enumerate(sizes)
            )


def _rungs(min_resource: int, max_resource: int, skip: int) -> frozenset[int]:
    """List the resources at which a bracket decides; the maximum itself is no decision."""
    powers = (min_resource * _REDUCTION**power for power in itertools.count(skip))
    return frozenset(itertools.takewhile(lambda resource: resource < max_resource, powers))
