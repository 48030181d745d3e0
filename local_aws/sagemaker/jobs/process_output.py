"""A running process seen from its training job: lines as they come, deadlines, the end."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Iterator

from local_aws.sagemaker.jobs.process import Process

_TICK_SECONDS = 0.5
_LONGEST_LINE = 1 << 16
_CHUNK = 1 << 16


class ProcessOutput:
    """Reads a process to its end.

    Parameters
    ----------
    process
        What runs.
    grace_seconds
        Between SIGTERM and SIGKILL, once `terminate` was called.
    """

    def __init__(self, process: Process, grace_seconds: float) -> None:
        self._process = process
        self._grace_seconds = grace_seconds
        self._kill_at: float | None = None
        self._lock = threading.Lock()
        self._last_line = ""
        self.exit_code: int | None = None

    def terminate(self) -> None:
        """Ask the process to end; it is killed when it has not after the grace period."""
        with self._lock:
            if self._kill_at is not None:
                return
            self._kill_at = time.monotonic() + self._grace_seconds
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process without notice, as a machine that breaks does."""
        self._process.send_signal(signal.SIGKILL)

    @property
    def lost(self) -> str | None:
        """Why the process ended, when what it ran in broke, with the last that was written."""
        reason = self._process.lost
        return f"{reason}: {self._last_line}" if reason and self._last_line else reason

    @property
    def peak_memory(self) -> int | None:
        """Bytes that the process had at most, once it has ended."""
        return self._process.peak_memory

    def lines(self, deadline: float) -> Iterator[str | None]:
        """Yield lines without their ends, and None once when the deadline passes.

        Parameters
        ----------
        deadline
            On the monotonic clock.

        The exit code is known when the iterator is done.
        """
        pending, late = b"", False
        output = self._process.output
        try:
            for chunk in self._chunks(output):
                *complete, pending = (pending + chunk).replace(b"\r", b"\n").split(b"\n")
                if len(pending) > _LONGEST_LINE:
                    complete, pending = [*complete, pending], b""
                for line in complete:
                    yield self._decoded(line)
                if not late and time.monotonic() > deadline:
                    late = True
                    yield None
            if pending:
                yield self._decoded(pending)
        finally:
            os.close(output)

    def _decoded(self, line: bytes) -> str:
        self._last_line = line.decode("utf-8", "replace")
        return self._last_line

    def _chunks(self, output: int) -> Iterator[bytes]:
        """Yield what the process writes, or b"" at each tick, until it has ended."""
        poll = select.poll()
        poll.register(output, select.POLLIN)
        is_open = True
        while True:
            if is_open and poll.poll(_TICK_SECONDS * 1000):
                chunk = os.read(output, _CHUNK)
                is_open = chunk != b""
                yield chunk
            self.exit_code = self._process.wait(0 if is_open else _TICK_SECONDS)
            if not is_open and self.exit_code is not None:
                return
            self._kill_when_due()
            yield b""

    def _kill_when_due(self) -> None:
        with self._lock:
            due = self._kill_at is not None and time.monotonic() > self._kill_at
        if due:
            self._process.send_signal(signal.SIGKILL)
