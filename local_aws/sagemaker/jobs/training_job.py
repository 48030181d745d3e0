"""The state of one training job, plain or a tuning job's: its request, status and outcome.

`training_run.py` moves it on, `descriptions.py` shows it, `store.py` keeps it.
"""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local_aws import ACCOUNT, REGION

OVER = ("Completed", "Failed", "Stopped")

INTERNAL_ERROR = "InternalServerError"
# As AWS words it: https://github.com/DIAGNijmegen/rse-grand-challenge/issues/2631
NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a "
    "different ML instance type."
)
# Of a FailureReason, by the service model.
MAX_REASON = 1024


def now() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(UTC)


def round_to_single(value: float) -> float | None:
    """Round to a 32-bit float, as SageMaker stores metrics; None when that is not finite."""
    try:
        single: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return None
    return single if math.isfinite(single) else None


class StopSwitch:
    """Requests that a training job stops, at most once, also before the job listens."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._listener: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def press(self, reason: str) -> None:
        """Request a stop; `reason` becomes the last secondary status, such as Stopped."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason, listener = reason, self._listener
        if listener:
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call the listener when the switch is pressed, at once if it was."""
        with self._lock:
            self._listener, pressed = listener, self.reason is not None
        if pressed:
            listener()


@dataclass
class Transition:
    """A period in a secondary status."""

    status: str
    start: datetime
    end: datetime | None
    message: str


@dataclass
class Metric:
    """The latest value of a metric."""

    value: float
    time: datetime


@dataclass(frozen=True)
class Tuned:
    """The facts of a tuning job that its training jobs need."""

    tuning_job: str
    tuning_job_arn: str
    hyperparameters: dict[str, str]
    metric: str
    objective_type: str


@dataclass(eq=False)
class TrainingJob:
    """One training job; its methods are thread-safe."""

    name: str
    request: dict[str, Any]
    tags: dict[str, str]
    tuned: Tuned | None = None
    created: datetime = field(default_factory=now)
    modified: datetime = field(default_factory=now)
    started: datetime | None = None
    ended: datetime | None = None
    status: str = "InProgress"
    transitions: list[Transition] = field(default_factory=list)
    failure_reason: str | None = None
    artifact: str | None = None
    metrics: dict[str, Metric] = field(default_factory=dict)
    curve: list[float] = field(default_factory=list)
    retries: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.stop_switch = StopSwitch()
        if not self.transitions:
            self.enter("Starting")

    @property
    def arn(self) -> str:
        """The ARN, in lower case: names are unique regardless of case."""
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{self.name.lower()}"

    @property
    def secondary_status(self) -> str:
        """The current secondary status."""
        return self.transitions[-1].status

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self.status in OVER

    @property
    def objective(self) -> float | None:
        """The final objective value, of a tuning job's training job that did not fail."""
        if self.tuned is None or self.status not in ("Completed", "Stopped"):
            return None
        metric = self.metrics.get(self.tuned.metric)
        return None if metric is None else metric.value

    @property
    def objective_status(self) -> str:
        """Pending, Succeeded or Failed."""
        if not self.is_over:
            return "Pending"
        return "Failed" if self.objective is None else "Succeeded"

    @property
    def training_seconds(self) -> int | None:
        """Whole seconds between the start of training and its end; billed on AWS."""
        if self.started is None or self.ended is None:
            return None
        return max(1, math.ceil((self.ended - self.started).total_seconds()))

    @property
    def failed_by_service(self) -> bool:
        """Whether it failed by an error of the service, so that another attempt may succeed."""
        return self.status == "Failed" and (self.failure_reason or "").startswith(INTERNAL_ERROR)

    @property
    def seconds_run(self) -> float:
        """The seconds of training in attempts that have ended."""
        with self.lock:
            return sum(
                (item.end - item.start).total_seconds()
                for item in self.transitions
                if item.status == "Training" and item.end is not None
            )

    def retry(self) -> bool:
        """Start again after an error of the service, if its RetryStrategy allows it."""
        strategy = self.request.get("RetryStrategy") or {}
        if self.is_over or self.retries >= strategy.get("MaximumRetryAttempts", 0):
            return False
        with self.lock:
            self.retries += 1
            self.metrics, self.curve = {}, []
            self.enter("Starting")
        return True

    def enter(self, secondary: str, message: str | None = None) -> None:
        """Enter a secondary status."""
        with self.lock:
            if self.is_over:
                return
            time = now()
            if self.transitions:
                self.transitions[-1].end = time
            self.transitions.append(Transition(secondary, time, None, message or secondary))
            self.modified = time
            if secondary == "Downloading" and self.started is None:
                self.started = time
            if secondary == "Stopping":
                self.status = "Stopping"

    def finish(self, status: str, secondary: str, failure_reason: str | None = None) -> None:
        """End the job; later calls change nothing."""
        with self.lock:
            if self.is_over:
                return
            if failure_reason is not None:
                self.failure_reason = failure_reason[:MAX_REASON]
            self.enter(secondary, self.failure_reason)
            self.transitions[-1].end = self.ended = self.modified
            self.status = status

    def complete(self, artifact: str) -> None:
        """End the job with a model: Completed, or Stopped if a stop was requested."""
        self.artifact, reason = artifact, self.stop_switch.reason
        self.finish("Completed" if reason is None else "Stopped", reason or "Completed")

    def measure(self, metric: str, value: float) -> bool:
        """Record an emitted value; return whether it is the objective's."""
        single = round_to_single(value)
        if single is None:
            return False
        with self.lock:
            self.metrics[metric] = Metric(single, now())
            objective = self.tuned is not None and self.tuned.metric == metric
            if objective:
                self.curve.append(single)
            return objective
