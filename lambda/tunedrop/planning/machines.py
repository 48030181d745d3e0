"""Which machine a run's jobs get, and which ones they are tried on again."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from tunedrop.environment import Limits
from tunedrop.errors import LimitError
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop_common.data_text import quote
from tunedrop_common.plan import FallbackInstance, Instance

# Further machines after the first: each multiplies what a run can cost at the worst.
MAX_FALLBACK_INSTANCES = 2

# GiB for each vCPU, by the letter that starts a family: ml.c5, ml.m5, ml.r5 (AWS, "Amazon EC2
# instance types").
_GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}
_TYPE = re.compile(r"ml\.(?P<family>[cmr])\d[a-z]*\.(?P<times>\d*)(?P<size>large|xlarge)")

# Python with scikit-learn, and the system.
_BASE_GIB = 2.0
# Reading a table peaks at 3 times the size of its numbers; a fold's rows, and what preprocessing
# makes of them, stand beside it.
_COPIES = 8
_BYTES_PER_VALUE = 8
_GIB = 1024**3

_LEAST_VOLUME_GB = 30
_VOLUME_FACTOR = 3  # the data, a copy of it while it is read, and room for the model
_GB = 10**9


def choose_instance_type(
    config: TuningConfig, limits: Limits, *, rows: int, columns: int
) -> tuple[str, str]:
    """Return tuning.yaml's type, else the first allowed one that is large enough, and why.

    A type of unknown memory counts as large enough: it was put first by people who know it.

    Raises
    ------
    LimitError
        When tuning.yaml names a type that is not allowed.
    """
    asked, allowed = config.instance_type, limits.instance_types
    if asked is not None and asked not in allowed:
        raise LimitError(
            "This deployment does not allow the instance type",
            where=config.where("instance_type"),
            found=quote(asked),
            expected=f"one of {', '.join(allowed)}",
            to_do="Choose one of these.",
        )
    if asked is not None:
        return asked, ""
    needed = _needed_gib(rows, columns)
    needs = f"the data may need {needed:.0f} GiB of memory."
    for instance_type in allowed:
        memory = memory_gib(instance_type)
        if memory is None or memory >= needed:
            why = "the deployment's default." if instance_type == allowed[0] else f"as {needs}"
            return instance_type, f"Instance type {instance_type}, {why}"
    largest = max(allowed, key=lambda each: memory_gib(each) or 0)
    return largest, f"Instance type {largest}, the largest of this deployment, though {needs}"


def choose_fallback_instances(
    instance_type: str, allowed: Sequence[str], *, spot: bool, most: int = MAX_FALLBACK_INSTANCES
) -> tuple[FallbackInstance, ...]:
    """Return the machines for further attempts: the next allowed ones with no less memory.

    They are in the order of size, as more memory may be what a job needs. With spot instances the
    last one is on demand, even where only the first type is allowed.
    """
    least = memory_gib(instance_type) or 0
    types = [
        each
        for each in allowed
        if each != instance_type and (memory_gib(each) or math.inf) >= least
    ]
    types = sorted(types[:most], key=lambda each: memory_gib(each) or math.inf)
    if spot:
        types.append(types[-1] if types else instance_type)
    types = types[:most]
    return tuple(FallbackInstance(type=each, spot=spot) for each in types[:-1]) + tuple(
        FallbackInstance(type=each, spot=False) for each in types[-1:]
    )


def planned_instance(instance_type: str, *, spot: bool, train_bytes: int) -> Instance:
    """Return the machine of a run's jobs, with a volume that has room for its data."""
    volume_gb = _LEAST_VOLUME_GB + _VOLUME_FACTOR * (train_bytes // _GB)
    return Instance(type=instance_type, volume_gb=volume_gb, spot=spot)


def memory_gib(instance_type: str) -> int | None:
    """Return an instance type's memory; None for families that we do not know."""
    match = _TYPE.fullmatch(instance_type)
    if match is None:
        return None
    vcpus = 2 if match["size"] == "large" else 4 * int(match["times"] or 1)
    return vcpus * _GIB_PER_VCPU[match["family"]]


def _needed_gib(rows: int, columns: int) -> float:
    """Estimate the memory that a training job needs for a table."""
    return _BASE_GIB + rows * columns * _BYTES_PER_VALUE * _COPIES / _GIB
