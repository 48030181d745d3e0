"""Runs the steps of the explanation, none of which can fail the job: what fails is skipped.

A step runs in a forked process, so that it can be ended when its time is over, and a lack of memory
ends it alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sklearn_trainer.explanation.time_budget import TimeBudget
from sklearn_trainer.process.children import Outcome, outcome_of, run
from tunedrop_common.explanation import ExplanationStep, SkippedStep
from tunedrop_common.number_format import number

R = TypeVar("R")


class ExplanationSteps:
    """The steps of one explanation: how long they may take, and which were skipped."""

    def __init__(self, budget: TimeBudget) -> None:
        self.budget = budget
        self.skipped: list[SkippedStep] = []

    def run(
        self, step: ExplanationStep, function: Callable[[], R], *, expected: float = 0.0
    ) -> R | None:
        """Return what the function returns in a process of its own; None where it is skipped.

        Only before the final fit: `children` says why.

        Parameters
        ----------
        function
            Returns what can be pickled.
        expected
            Seconds that it will most likely take: it does not begin where fewer are left.
        """
        return self._guarded(step, partial(run, function, self.budget.left), expected)

    def run_here(self, step: ExplanationStep, function: Callable[[], R]) -> R | None:
        """Return what the function returns in this process; it has to watch the time itself."""
        return self._guarded(step, partial(outcome_of, function), 0.0)

    def skip(self, step: ExplanationStep, reason: str) -> None:
        """Name a step that is not available."""
        self.skipped.append(SkippedStep(step=step, reason=reason))
        print(f"skipped={step!r} reason={reason!r}", flush=True)

    def _guarded(
        self, step: ExplanationStep, call: Callable[[], Outcome[R]], expected: float
    ) -> R | None:
        left = self.budget.left
        if left <= expected:
            self.skip(step, _too_long(expected, left))
            return None
        started = time.perf_counter()
        with self.budget.spending():
            outcome = call()
        seconds = time.perf_counter() - started
        if outcome.status == "done":
            print(f"explained={step!r} seconds={seconds:.2f}", flush=True)
            return outcome.value
        if outcome.status == "timed out":
            reason = f"It was not done within the {number(left, 3)} seconds that were left for it."
        else:
            reason = f"It failed: {outcome.reason.rstrip('.')}."
        self.skip(step, reason)
        return None


def _too_long(expected: float, left: float) -> str:
    if left <= 0:
        return "No time was left for it."
    return (
        f"It was expected to take {number(expected, 3)} seconds, and {number(left, 3)} were left "
        "for it."
    )
