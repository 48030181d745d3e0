"""A training job's process seen from the server: lines as they come, deadlines, the end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Iterator

_TICK_SECONDS = 0.5
_CHUNK = 1 << 16


class InstanceBroke(Exception):
    """The job ended through no fault of its own; it may be retried."""


class TrainingProcess:
    """Reads a process to its end.

    Parameters
    ----------
    output
        Where its standard output and errors can be read.
    report
        Where the interpreter writes its process id, then its exit code and peak memory.
    grace_seconds
        Between SIGTERM and SIGKILL, once `terminate` was called.
    """

    def __init__(self, output: int, report: int, grace_seconds: float) -> None:
        self._output, self._report = output, os.fdopen(report, "rb", buffering=0)
        self._grace_seconds = grace_seconds
        self._kill_at: float | None = None
        self._lock = threading.Lock()
        self.exit_code = 0
        self.peak_memory: int | None = None
        pid = self._report.readline()
        if not pid:
            self._close()
            raise InstanceBroke("The training interpreter died.")
        self._pid = int(pid)
        self.ended = False

    def terminate(self) -> None:
        """Ask the process to end; it is killed when it has not after the grace period."""
        with self._lock:
            if self._kill_at is not None:
                return
            self._kill_at = time.monotonic() + self._grace_seconds
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process, and all that it has started, without notice."""
        self._signal(signal.SIGKILL)

    def lines(self, deadline: float) -> Iterator[str | None]:
        """Yield lines without their ends, and None once when the deadline passes.

        The exit code is known when the iterator is done.

        Raises
        ------
        InstanceBroke
            The interpreter died, and with it the process.
        """
        pending, late = b"", False
        try:
            for chunk in self._chunks():
                *complete, pending = (pending + chunk).replace(b"\r", b"\n").split(b"\n")
                for line in complete:
                    yield line.decode("utf-8", "replace")
                if not late and time.monotonic() > deadline:
                    late = True
                    yield None
            if pending:
                yield pending.decode("utf-8", "replace")
        finally:
            self._close()

    def _chunks(self) -> Iterator[bytes]:
        """Yield what the process writes, or b"" at each tick, until it has ended."""
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        poll.register(self._report, select.POLLIN)
        while True:
            ready = {number for number, _ in poll.poll(0 if self.ended else _TICK_SECONDS * 1000)}
            chunk = os.read(self._output, _CHUNK) if self._output in ready else b""
            if self._output in ready and not chunk:
                poll.unregister(self._output)
            if self._report.fileno() in ready:
                poll.unregister(self._report)
                self._read_end()
            elif self.ended and not chunk:
                return
            if self._kill_at is not None and time.monotonic() > self._kill_at:
                self.kill()
            yield chunk

    def _read_end(self) -> None:
        end = self._report.readline().split()
        with self._lock:
            self.ended = True
        if not end:
            raise InstanceBroke("The training interpreter died, and the training job with it.")
        self.exit_code, self.peak_memory = map(int, end)

    def _signal(self, number: int) -> None:
        with self._lock, contextlib.suppress(ProcessLookupError):
            if not self.ended:
                os.killpg(self._pid, number)

    def _close(self) -> None:
        os.close(self._output)
        self._report.close()
