"""The machine of a run's training jobs: the first allowed one whose memory holds the data."""

from __future__ import annotations

import re
from difflib import get_close_matches

from tunedrop.environment import Limits
from tunedrop.errors import LimitError
from tunedrop.planning.tuning_config.model import TuningConfig

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


def memory_gib(instance_type: str) -> int | None:
    """Return an instance type's memory; None for families that we do not know.

    Example
    -------
    >>> memory_gib("ml.m5.4xlarge")
    64
    """
    match = _TYPE.fullmatch(instance_type)
    if match is None:
        return None
    vcpus = 2 if match["size"] == "large" else 4 * int(match["times"] or 1)
    return vcpus * _GIB_PER_VCPU[match["family"]]


def needed_gib(rows: int, columns: int) -> float:
    """Estimate the memory that a training job needs for a table."""
    return _BASE_GIB + rows * columns * _BYTES_PER_VALUE * _COPIES / _GIB


def choose_instance_type(config: TuningConfig, limits: Limits, needed: float) -> tuple[str, str]:
    """Return tuning.yaml's type, else the first allowed one that is large enough, and why.

    A type of unknown memory counts as large enough: it was put first by people who know it.
    """
    asked, allowed = config.instance_type, limits.instance_types
    if asked is not None and asked not in allowed:
        near = get_close_matches(asked, allowed, 1)
        raise LimitError(
            "This deployment does not allow the instance type",
            where=config.where("instance_type"),
            found=repr(asked[:80]),
            expected=f"one of {', '.join(allowed)}",
            to_do=f"Write {near[0]!r} instead." if near else "Choose one of these.",
        )
    if asked is not None:
        return asked, ""
    needs = f"the data may need {needed:.0f} GiB of memory."
    for instance_type in allowed:
        memory = memory_gib(instance_type)
        if memory is None or memory >= needed:
            why = "the deployment's default." if instance_type == allowed[0] else f"as {needs}"
            return instance_type, f"Instance type {instance_type}, {why}"
    largest = max(allowed, key=lambda each: memory_gib(each) or 0)
    why = f"Instance type {largest}, the largest that this deployment allows, though {needs}"
    return largest, why
