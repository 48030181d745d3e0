"""Runs the steps of the explanation within a time budget; what fails or takes too long is skipped.

None of them can fail the job. A step runs in a forked process, so that it can be ended when its
time is over, and a lack of memory ends it alone. The final fit comes after the explanation, which
must leave time for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sklearn_trainer.data.folds import FEWEST_TO_COMPARE
from sklearn_trainer.process.children import capture_outcome, run
from tunedrop_common.explanation import ExplanationStep, SkippedStep
from tunedrop_common.number_format import number
from tunedrop_common.plan import Plan

R = TypeVar("R")

# Of the job's time: for its start, for writing, and for what cannot be foreseen.
RESERVE = 0.1

# The final fit has more rows than a fold's, for which some estimators need their square.
FINAL_FITS = 3

# Of the time that is left, refits of folds count on so much.
CAUTION = 0.7

# Scoring a small table takes a second or two, and SageMaker minutes to start its machine.
LEAST_SECONDS = 20.0


def compute_time_limit(plan: Plan, *, scoring: float, so_far: float, final_fit: float) -> float:
    """Return how many seconds the explanation may take.

    That is a share of the time that scoring the contenders took, and never so much that the job
    could run into its limit.

    Parameters
    ----------
    scoring
        Seconds that scoring the contenders took.
    so_far
        Seconds since the job began.
    final_fit
        Seconds that the model's fit took in a fold.
    """
    left = plan.confirm.max_seconds * (1 - RESERVE) - so_far - FINAL_FITS * final_fit
    return max(0.0, min(plan.report.explanation_time_ratio * max(scoring, LEAST_SECONDS), left))


class ExplanationSteps:
    """The steps of one explanation: how long they may take, and which were skipped."""

    def __init__(self, seconds: float) -> None:
        self.skipped: list[SkippedStep] = []
        self.set_time(seconds)

    def set_time(self, seconds: float) -> None:
        """Allow so many seconds from now on."""
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """How many seconds are left, in this process and in those forked from it."""
        return max(0.0, self._end - time.monotonic())

    def count_folds(self, seconds: float) -> int:
        """Return how many folds there is time for that take so long each, two at least."""
        return max(FEWEST_TO_COMPARE, int(self.left * CAUTION / max(seconds, 1e-9)))

    def skip(self, step: ExplanationStep, reason: str) -> None:
        """Record that a step is not available."""
        self.skipped.append(SkippedStep(step=step, reason=reason))
        print(f"skipped={step!r} reason={reason!r}", flush=True)

    def fail(self, step: ExplanationStep, reason: str) -> None:
        """Record that a step failed, or was ended."""
        self.skip(step, f"It failed: {reason.rstrip('.')}.")

    def run(
        self,
        step: ExplanationStep,
        function: Callable[[], R],
        *,
        expected: float = 0.0,
        is_forked: bool = True,
    ) -> R | None:
        """Return what the function returns; None where it is skipped.

        Parameters
        ----------
        expected
            Seconds that it will most likely take: it does not begin where fewer are left.
        is_forked
            Whether it runs in a process of its own, and its result is pickled: only before the
            final fit (`children` says why). Else it has to watch the time itself.
        """
        left = self.left
        if left <= 0:
            self.skip(step, "No time was left.")
            return None
        if left <= expected:
            seconds = f"{number(expected, 3)} seconds, and {number(left, 3)} were left"
            self.skip(step, f"It was expected to take {seconds}.")
            return None
        started = time.perf_counter()
        outcome = run(function, left) if is_forked else capture_outcome(function)
        if outcome.status == "done":
            print(f"explained={step!r} seconds={time.perf_counter() - started:.2f}", flush=True)
            return outcome.value
        self.fail(step, outcome.reason)
        return None
