"""Which instance type a run's jobs get, and the fallbacks for further attempts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunedrop.environment import Limits
from tunedrop.errors import LimitError
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.running.next_attempt import has_more_memory, memory_gib
from tunedrop_common.data_text import quote
from tunedrop_common.plan import FallbackInstance, Instance

# Each multiplies the maximum cost of a run.
MAX_FALLBACK_INSTANCES = 2

# Python with scikit-learn, and the system.
_BASE_GIB = 2.0
# Reading a table peaks at 3 times the size of its numbers; a fold's rows, and what preprocessing
# makes of them, stand beside it.
_COPIES = 8
_BYTES_PER_VALUE = 8
_GIB = 1024**3

_MIN_VOLUME_GB = 30
_VOLUME_FACTOR = 3  # the data, a copy of it while it is read, and room for the model
_GB = 10**9


def choose_instance_type(
    config: TuningConfig, limits: Limits, *, rows: int, columns: int
) -> tuple[str, str]:
    """Return tuning.yaml's type, else the first allowed one that is large enough, and why.

    A type of unknown memory counts as large enough: an operator put it first.

    Raises
    ------
    LimitError
        If tuning.yaml names a type that is not allowed.
    """
    allowed = limits.instance_types
    if config.instance_type is not None:
        if config.instance_type not in allowed:
            raise LimitError(
                "This deployment does not allow the instance type",
                where=config.where("instance_type"),
                found=quote(config.instance_type),
                expected=f"one of {', '.join(allowed)}",
                to_do="Choose one of these.",
            )
        return config.instance_type, ""
    required_gib = _BASE_GIB + rows * columns * _BYTES_PER_VALUE * _COPIES / _GIB
    for name in allowed:
        if (memory_gib(name) or math.inf) >= required_gib:
            default = "the deployment's default"
            why = default if name == allowed[0] else f"for about {required_gib:.0f} GiB of data"
            return name, f"Instance type: {name}, {why}."
    largest = max(allowed, key=lambda name: memory_gib(name) or 0)
    return largest, (
        f"Instance type: {largest}, the largest of this deployment. The data may need "
        f"{required_gib:.0f} GiB of memory."
    )


def choose_fallback_instances(
    instance_type: str,
    allowed: Sequence[str],
    *,
    spot: bool,
    max_count: int = MAX_FALLBACK_INSTANCES,
) -> tuple[FallbackInstance, ...]:
    """Return the instances for further attempts: the next allowed ones with no less memory.

    One of them has more, where one is allowed. They are in the order of memory, which may be what a
    job needs. With spot instances the last one is on demand, even where only the first type is
    allowed.
    """
    min_gib = memory_gib(instance_type) or 0
    no_smaller = [
        name
        for name in allowed
        if name != instance_type and (memory_gib(name) or math.inf) >= min_gib
    ]
    larger = [name for name in no_smaller if has_more_memory(name, instance_type)]
    chosen = no_smaller[:max_count]
    if chosen and larger and not set(chosen) & set(larger):
        chosen[-1] = larger[0]
    types = sorted(chosen, key=lambda name: memory_gib(name) or math.inf)
    if spot:
        types = [*types, types[-1] if types else instance_type][:max_count]
    return tuple(
        FallbackInstance(type=name, spot=spot and position < len(types))
        for position, name in enumerate(types, start=1)
    )


def planned_instance(instance_type: str, *, spot: bool, train_bytes: int) -> Instance:
    """Return the instance of a run's jobs, with a volume that has room for its data."""
    volume_gb = _MIN_VOLUME_GB + _VOLUME_FACTOR * (train_bytes // _GB)
    return Instance(type=instance_type, volume_gb=volume_gb, spot=spot)
