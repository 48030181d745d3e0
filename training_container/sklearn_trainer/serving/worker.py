"""gunicorn's threads, none of which a caller can hold for longer than a limit.

gunicorn itself waits without end for the rest of a request, and for a caller to take its answer.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class CallerSocket(socket.socket):
    """A connection on which a request has to arrive, and its answer to be taken, in time.

    After the deadline only what is there already is read.
    """

    deadline = 0.0
    seconds_to_send = 0.0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read at most `size` bytes."""
        self.settimeout(max(self.deadline - time.monotonic(), 0))
        try:
            return super().recv(size, flags)
        except (TimeoutError, BlockingIOError) as error:
            raise _too_late() from error

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send everything."""
        self.settimeout(self.seconds_to_send)
        try:
            super().sendall(data, flags)
        except TimeoutError as error:
            raise _too_late() from error


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads that work for connections on which something has arrived."""

    def enqueue_req(self, conn: Any) -> None:
        """Give a connection to a thread; a new one only when something can be read."""
        if isinstance(conn.sock, CallerSocket):
            super().enqueue_req(conn)
            return
        seconds = self.wsgi.transfer_seconds
        conn.sock = CallerSocket(fileno=conn.sock.detach())
        conn.sock.seconds_to_send = seconds
        conn.timeout = time.monotonic() + seconds
        self.pending_conns.append(conn)
        ready = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, ready)

    def handle(self, conn: Any) -> Any:
        """Answer a request, which has to arrive within the limit."""
        conn.sock.deadline = time.monotonic() + self.wsgi.transfer_seconds
        try:
            return super().handle(conn)
        finally:
            conn.sock.deadline = 0.0

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Call the application; what it left of a body is not waited for."""
        try:
            return bool(super().handle_request(req, conn))
        finally:
            conn.sock.deadline = 0.0


def _too_late() -> TimeoutError:
    # gunicorn ends a connection with this number in silence, and logs others with a traceback.
    return TimeoutError(errno.ECONNRESET, "The caller is too slow")
