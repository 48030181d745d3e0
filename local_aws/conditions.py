"""What the local AWS does to its clients on request: throttling, quotas, broken machines, bad mail.

AWS does all of it now and then; here it happens when `up --conditions` or the admin endpoint says
so, and by a seed or by a count, so that a test of it repeats.
"""

from __future__ import annotations

import random
import threading
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
    """Something that happens to certain training jobs: to all of them, or to the `first` so many.

    `name` is how a job's name begins; that of a tuning job is in front of its training jobs'.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    instance_type: str | None = None
    name: str = ""
    first: PositiveInt | None = None

    def concerns(self, name: str, instance_type: str) -> bool:
        """Whether a job is one of those."""
        return name.startswith(self.name) and self.instance_type in (None, instance_type)


class Conditions(BaseModel):
    """Shares are of one: 0.3 of `throttled_requests` refuses three requests of ten."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    throttled_requests: Share = 0.0
    """SageMaker's requests that are refused with ThrottlingException."""
    lost_events: Share = 0.0
    """Events that never arrive, of all services but S3, whose events EventBridge gets at least once
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-delivery-level.html).
    """
    lost_s3_events: Share = 0.0
    """S3's events that never arrive: those of the minutes after EventBridge was switched on."""
    repeated_events: Share = 0.0
    """Events that arrive twice."""
    late_events: Share = 0.0
    """Deliveries that take up to `late_seconds`, and so overtake one another."""
    late_seconds: Seconds = 5.0
    repeated_messages: Share = 0.0
    """Messages that a queue delivers to its Lambda a second time, after they were deleted."""
    lagging_executions: Seconds = 0.0
    """ListExecutions and DescribeExecution answer what was so many seconds ago."""
    broken_instances: Share = 0.0
    """Training jobs whose machine breaks after their first line (InternalServerError)."""
    faults: tuple[Fault, ...] = ()
    """What happens to certain jobs; of several that concern a job, the first."""
    instant_jobs: bool = False
    """Training jobs after the first of their sort repeat what that one did, at once."""
    quotas: Quotas = Quotas()
    seed: int = 0
    """Of the dice that are thrown for all of these."""


def parse(text: str | bytes) -> Conditions:
    """Read conditions as JSON."""
    try:
        return Conditions.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'the whole'}: {item['msg']}"
            for item in error.errors(include_url=False, include_context=False)
        )
        raise UsageError(
            f"The conditions are wrong: {problems}. Their keys are "
            f"{', '.join(Conditions.model_fields)}; see docs/local-aws.md."
        ) from None


class CurrentConditions:
    """The conditions of this moment, the dice and the counts; thread-safe."""

    def __init__(self, first: Conditions | None = None) -> None:
        self._lock = threading.Lock()
        self.change(first or Conditions())

    @property
    def now(self) -> Conditions:
        """The conditions as they are."""
        return self._now

    def change(self, conditions: Conditions) -> None:
        """Set other conditions; the dice start from their seed, the counts from zero."""
        with self._lock:
            self._now = conditions
            self._happened: Counter[int] = Counter()
            self._dice = random.Random(conditions.seed)  # noqa: S311 - faults, no secrets

    def happens(self, share: float) -> bool:
        """Throw the dice for something that happens with this share."""
        with self._lock:
            return share > 0 and self._dice.random() < share

    def fault(self, kinds: Collection[Kind], *, name: str, instance_type: str) -> Kind | None:
        """Say which of these faults a job meets now, and count it."""
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
        """Say after how many seconds an event of a service arrives, each time that it does."""
        conditions = self._now
        lost = conditions.lost_s3_events if source == "aws.s3" else conditions.lost_events
        if self.happens(lost):
            return []
        times = 2 if self.happens(conditions.repeated_events) else 1
        return [self._delay(conditions) for _ in range(times)]

    def _delay(self, conditions: Conditions) -> float:
        if not self.happens(conditions.late_events):
            return 0.0
        with self._lock:
            return self._dice.uniform(0, conditions.late_seconds)
