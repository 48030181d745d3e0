"""How much memory there is for another training job, on this machine or in this container."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

# What a small training job and the rest of the machine need in any case.
_LEAST = 256 << 20

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def available(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int | None:
    """Bytes that new processes can take; None where the system does not say."""
    limits = [number for number in (_of_machine(meminfo), _of_container(cgroup)) if number]
    return min(limits, default=None)


def _of_machine(meminfo: Path) -> int | None:
    try:
        match = re.search(r"^MemAvailable: +(\d+) kB", meminfo.read_text("ascii"), re.MULTILINE)
    except OSError:
        return None
    return None if match is None else int(match[1]) << 10


def _of_container(cgroup: Path) -> int | None:
    try:
        limit = int((cgroup / "memory.max").read_text("ascii"))
        used = int((cgroup / "memory.current").read_text("ascii"))
        statistics = (cgroup / "memory.stat").read_text("ascii")
    except (OSError, ValueError):
        # No container, an older kernel, or no limit ("max").
        return None
    cache = re.search(r"^inactive_file (\d+)$", statistics, re.MULTILINE)
    return max(1, limit - used + (int(cache[1]) if cache else 0))


class MemoryBound:
    """Returns whether another training job fits, by the largest one so far."""

    def __init__(self, look: Callable[[], int | None] = available) -> None:
        self._look = look
        self._largest = _LEAST
        self._lock = threading.Lock()

    def learn(self, peak: int | None) -> None:
        """Take in how much memory a training job had at most."""
        with self._lock:
            self._largest = max(self._largest, peak or 0)

    def has_room(self, running: int) -> bool:
        """Return whether one may start beside those that run; the first one always may."""
        if running == 0:
            return True
        free = self._look()
        return free is None or free >= self._largest
