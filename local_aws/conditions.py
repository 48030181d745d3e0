"""Faults that the local AWS simulates: throttling, quotas, broken machines, unreliable deliveries.

All of them happen on AWS. Here `up --conditions` or the admin endpoint sets them, with a seed or a
count, so that a test of them can be repeated.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError

from local_aws import UsageError

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=3600)]

# Ends of training jobs.
Kind = Literal["capacity", "spot_wait", "memory"]


class Quotas(BaseModel):
    """The account's service quotas, with AWS's defaults; parents' training jobs count as one's own.

    AWS raises `random_training_jobs` to 10,000 on request
    (https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html).
    `instances` limits instances in use by type, as `ml.m5.large for training job usage` does; a
    type that is not named has no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    concurrent_tuning_jobs: NonNegativeInt = 100
    parallel_training_jobs: NonNegativeInt = 10
    training_jobs: NonNegativeInt = 750
    random_training_jobs: NonNegativeInt = 750
    instances: dict[str, NonNegativeInt] = {}


class Fault(BaseModel):
    """A fault of certain training jobs: of all of them, or of the `first` so many.

    `name` is a prefix of job names; a tuning job's name is a prefix of those of its training jobs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    instance_type: str | None = None
    name: str = ""
    first: PositiveInt | None = None

    def concerns(self, name: str, instance_type: str) -> bool:
        """Return whether a job is one of those."""
        return name.startswith(self.name) and self.instance_type in (None, instance_type)


class Conditions(BaseModel):
    """Shares are from 0 to 1: `throttled_requests` of 0.3 rejects three requests of ten."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    throttled_requests: Share = 0.0
    """SageMaker's requests that are rejected with ThrottlingException."""
    lost_events: Share = 0.0
    """Events that never arrive, of all services but S3, whose events EventBridge gets at least once
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-delivery-level.html).
    """
    repeated_events: Share = 0.0
    """Events that arrive twice."""
    late_events: Share = 0.0
    """Deliveries that take up to `late_seconds`, and so overtake one another."""
    late_seconds: Seconds = 5.0
    repeated_messages: Share = 0.0
    """Messages that a queue delivers to its Lambda a second time, after they were deleted."""
    outage: tuple[str, ...] = ()
    """Services, by their names in signatures (s3, states, sqs), that answer status 503."""
    outage_seconds: Seconds = 60.0
    """How long they do, from the moment that the conditions are set."""
    broken_instances: Share = 0.0
    """Training jobs whose machine breaks after their first line (InternalServerError)."""
    faults: tuple[Fault, ...] = ()
    """What happens to certain jobs; of several that concern a job, the first."""
    instant_jobs: bool = False
    """Training jobs after the first of their sort repeat what that one did, at once."""
    quotas: Quotas = Quotas()
    seed: int = 0
    """Of the random numbers that decide all of these."""


def parse(text: str | bytes) -> Conditions:
    """Read conditions as JSON."""
    try:
        return Conditions.model_validate_json(text)
    except ValidationError as error:
        raise UsageError(f"The conditions are wrong (docs/local-aws.md has all): {error}") from None


class CurrentConditions:
    """The current conditions, their random numbers and counts; thread-safe."""

    def __init__(self, first: Conditions | None = None) -> None:
        self._lock = threading.Lock()
        self.change(first or Conditions())

    @property
    def now(self) -> Conditions:
        """The conditions as they are."""
        return self._now

    def change(self, conditions: Conditions) -> None:
        """Set other conditions; random numbers start from their seed, counts from zero."""
        with self._lock:
            self._now = conditions
            self._happened: Counter[int] = Counter()
            self._random = random.Random(conditions.seed)  # noqa: S311 - faults, no secrets
            self._outage_end = time.monotonic() + conditions.outage_seconds

    def is_out(self, service: str) -> bool:
        """Return whether a service has an outage."""
        return service in self._now.outage and time.monotonic() < self._outage_end

    def happens(self, share: float) -> bool:
        """Draw whether something with this probability happens."""
        with self._lock:
            return share > 0 and self._random.random() < share

    def fault(self, kinds: Collection[Kind], *, name: str, instance_type: str) -> Kind | None:
        """Return which of these faults a job meets now, and count it; None for no fault."""
        with self._lock:
            for number, fault in enumerate(self._now.faults):
                if (
                    fault.kind in kinds
                    and fault.concerns(name, instance_type)
                    and (fault.first is None or self._happened[number] < fault.first)
                ):
                    self._happened[number] += 1
                    return fault.kind
        return None

    def deliveries(self, source: str) -> list[float]:
        """Return the delays in seconds of an event's deliveries; none if it is lost."""
        conditions = self._now
        if source != "aws.s3" and self.happens(conditions.lost_events):
            return []
        times = 2 if self.happens(conditions.repeated_events) else 1
        return [self._delay(conditions) for _ in range(times)]

    def _delay(self, conditions: Conditions) -> float:
        if not self.happens(conditions.late_events):
            return 0.0
        with self._lock:
            return self._random.uniform(0, conditions.late_seconds)
