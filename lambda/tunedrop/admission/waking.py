"""When a place is free: the datasets that have waited longest start first."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from tunedrop.admission.gate import Gate
from tunedrop.admission.looking import look_at
from tunedrop.admission.messages import Look
from tunedrop.door import Door

# Looks in one go; the next end of a run, or the sweep, goes on.
_MOST_LOOKS = 200

logger = logging.getLogger(__name__)


def wake(gate: Gate) -> None:
    """Start whoever waits longest, as long as slots are free, and runs whose start was broken off.

    An error of one dataset must not keep the others waiting: it is logged, and the hourly sweep
    looks at that dataset again.
    """
    tried: set[str] = set()
    while len(tried) < _MOST_LOOKS:
        door = gate.door()
        dataset = next((name for name in _candidates(gate, door) if name not in tried), None)
        if dataset is None:
            return
        tried.add(dataset)
        try:
            look_at(gate, Look(dataset))
        except Exception:
            logger.exception("%s could not be looked at", dataset)


def _candidates(gate: Gate, door: Door) -> Iterator[str]:
    """Name the datasets that can be helped, those that have a slot first, then by their waiting.

    Those that are not complete have messages of their own on the way; yesterday's limit is over.
    """
    yield from (dataset for dataset, slot in door.slots.items() if not slot.started)
    today = gate.clock().date()
    limit = gate.settings.max_concurrent_runs
    for dataset, entry in sorted(door.waiting.items(), key=lambda item: item[1].since):
        is_ready = entry.reason in ("slot", "run", "pause") or (
            entry.reason == "day" and entry.reason_since.date() < today
        )
        if is_ready and door.blocked(dataset, limit) is None:
            yield dataset
