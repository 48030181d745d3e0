"""Waits for a run to be over, and shows how far it is meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from tunedrop.cli.display import Display
from tunedrop.cli.progress import Progress, Watch
from tunedrop.cli.run_folder import RunFolder
from tunedrop.cli.stack import Stack
from tunedrop.errors import Throttled, TransientAwsError

# Looks follow each other fast at first, for small data, and then slowly, for AWS's rate limits.
_SHORTEST_SECONDS = 0.5
_LONGEST_SECONDS = 5.0
_GROWTH = 1.02
# Of looks in a row that AWS failed or throttled; clients have tried five times each by then.
_MOST_FAILURES = 20

Found = TypeVar("Found")


def watch(stack: Stack, folder: RunFolder, display: Display) -> Progress:
    """Show a run until it is over; return the last look."""
    looks = Watch(stack, folder)

    def look() -> Progress | None:
        progress = looks.look()
        display.show(progress)
        return progress if progress.ended else None

    return wait_for(look)


def wait_for(look: Callable[[], Found | None], pauses: Iterator[float] | None = None) -> Found:
    """Look again and again until something is found, over short failures of AWS too."""
    failures = 0
    for pause in pauses or _pauses():
        try:
            if (found := look()) is not None:
                return found
            failures = 0
        except (Throttled, TransientAwsError):
            failures += 1
            if failures == _MOST_FAILURES:
                raise
        time.sleep(pause)
    raise AssertionError("pauses never end")


def _pauses() -> Iterator[float]:
    pause = _SHORTEST_SECONDS
    while True:
        yield pause
        pause = min(pause * _GROWTH, _LONGEST_SECONDS)
