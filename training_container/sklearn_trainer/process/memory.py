"""How much memory this container may use, and whether the kernel has killed for want of it.

Reads cgroup files, version 2 or 1; where there are none, the machine's own memory is the limit.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
_EVENTS = ("memory.events", "memory/memory.oom_control")
_GIB = 2**30


@dataclass(frozen=True)
class Memory:
    """A look at the container's memory."""

    limit: int
    kills: int
    """How often the kernel has killed a process here because memory ran out."""

    @classmethod
    def now(cls, cgroup: Path = CGROUP) -> Memory:
        """Look."""
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        limits = [int(word) for word in _words(cgroup, _LIMITS) if word.isdigit()]
        events = _words(cgroup, _EVENTS)
        kills = events[events.index("oom_kill") + 1] if "oom_kill" in events[:-1] else "0"
        return cls(min([machine, *limits]), int(kills))


def limit_growth(more_bytes: int) -> None:
    """Let this process take so much more memory than it has; on Linux only."""
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + more_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def amount(bytes_used: int) -> str:
    """Return an amount of memory for people."""
    return f"{bytes_used / _GIB:.1f} GiB"


def _words(cgroup: Path, names: tuple[str, ...]) -> list[str]:
    for name in names:
        try:
            return (cgroup / name).read_text(encoding="ascii").split()
        except OSError:
            continue
    return []
