"""The local AWS for the length of one command: found running, or started and stopped again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from local_aws import daemon
from local_aws.daemon import Server
from local_aws.workspace import Workspace

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def running_server(workspace: Workspace) -> Iterator[tuple[Server, bool]]:
    """Give the workspace's server, and whether it was started here, to be stopped at the end."""
    server = daemon.find(workspace)
    if server is not None:
        yield server, False
        return
    server = daemon.start(workspace, owned=True)
    try:
        yield server, True
    finally:
        _uninterrupted(workspace, server)


def _uninterrupted(workspace: Workspace, server: Server) -> None:
    """Stop the server even if a second Ctrl-C comes while we do."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        daemon.stop(workspace, server)
    finally:
        signal.signal(signal.SIGINT, previous)


def end_orderly_on_signals() -> None:
    """Make SIGTERM and SIGHUP unwind the program, as Ctrl-C does."""

    def unwind(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in _SIGNALS:
        signal.signal(number, unwind)
