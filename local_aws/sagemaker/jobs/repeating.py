"""Work that a thread of its own does once in a while, so that no training job waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

_CLOSE_SECONDS = 2.0


class Repeating:
    """Calls `work` every so many seconds until it is closed, and a last time then.

    Parameters
    ----------
    name
        Of its thread.
    work
        Catches its own errors: one that it raises ends the thread.
    """

    def __init__(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        self._seconds, self._work = seconds, work
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for the last call, for two seconds at most."""
        self._closing.set()
        self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._closing.wait(self._seconds):
            self._work()
        self._work()
