"""What the next attempt at a job asks for, after the earlier attempts were not finished.

Pure functions. Each next attempt uses the plan's next fallback instance type, or asks for less on
the same one, so the attempts end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from tunedrop_common.plan import FallbackInstance

Cause = Literal["capacity", "spot wait", "memory", "quota", "warm start"]

# Follows "on ml.m5.large: ".
CAUSE_TEXT: Final[dict[Cause, str]] = {
    "capacity": "AWS had no capacity of this instance type",
    "spot wait": "no spot instance became available in time",
    "memory": "out of memory",
    "quota": "the account's quota is too small",
    "warm start": "SageMaker rejected the warm start",
}


# GiB for each vCPU, by the letter that starts a family: ml.c5, ml.m5, ml.r5 (AWS, "Amazon EC2
# instance types").
_GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}
_TYPE = re.compile(r"ml\.(?P<family>(?P<letters>[a-z]+)[\w-]*)\.(?P<times>\d*)(?P<size>x?large)")


@dataclass(frozen=True)
class AttemptSettings:
    """What an attempt asks for."""

    type: str
    spot: bool
    parallel: int
    warm_start: bool

    @property
    def instance(self) -> str:
        """The instance type as users read it."""
        return f"{self.type} (spot)" if self.spot else self.type


def next_settings(
    first: AttemptSettings,
    fallbacks: Sequence[FallbackInstance],
    last: AttemptSettings,
    cause: Cause | None,
    fits: int = 0,
) -> AttemptSettings | None:
    """Return what the attempt after the last one asks for; None if no other settings can help.

    Parameters
    ----------
    first
        What the plan asks for.
    fallbacks
        The plan's fallback instance types, in the order of memory.
    last, cause
        What the last attempt asked for, and why it brought no result.
    fits
        How many instances a quota below the request allows.
    """
    if cause is None:
        return None
    if cause == "warm start":
        return replace(last, warm_start=False) if last.warm_start else None
    if cause == "quota" and 0 < fits < last.parallel:
        return replace(last, parallel=fits)
    instances = [FallbackInstance(type=first.type, spot=first.spot), *fallbacks]
    current = FallbackInstance(type=last.type, spot=last.spot)
    remaining = instances[instances.index(current) + 1 :] if current in instances else []
    for instance in remaining:
        if cause != "memory" or has_more_memory(instance.type, last.type):
            return replace(last, type=instance.type, spot=instance.spot, parallel=first.parallel)
    return None


def memory_gib(instance_type: str) -> int | None:
    """Return an instance type's memory; None for unknown families."""
    match = _TYPE.fullmatch(instance_type)
    gib = _GIB_PER_VCPU.get(match["letters"]) if match else None
    return gib * _vcpus(match) if match and gib else None


def has_more_memory(instance_type: str, than: str) -> bool:
    """Return whether an instance type is known to have more memory than another.

    In a family of unknown memory, the larger size has more.
    """
    gib, least_gib = memory_gib(instance_type), memory_gib(than)
    if gib and least_gib:
        return gib > least_gib
    larger, smaller = _TYPE.fullmatch(instance_type), _TYPE.fullmatch(than)
    if larger is None or smaller is None or larger["family"] != smaller["family"]:
        return False
    return _vcpus(larger) > _vcpus(smaller)


def _vcpus(match: re.Match[str]) -> int:
    return 2 if match["size"] == "large" else 4 * int(match["times"] or 1)
