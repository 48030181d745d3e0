"""The local AWS for the length of one command: found running, or started and stopped again."""

from __future__ import annotations

import fcntl
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from local_aws import daemon, deploy
from local_aws.clients import Clients
from local_aws.daemon import Server
from local_aws.stack import Stack
from local_aws.workspace import Workspace

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def running_stack(
    workspace: Workspace, say: Callable[[str], None]
) -> Iterator[tuple[Clients, Stack]]:
    """Give the deployed stack; a server that had to be started is stopped at the end.

    Such a server is this command's own: others wait, lest it ends under them. One that was up
    already is shared as soon as the stack is deployed.
    """
    with ExitStack() as held:
        held.enter_context(alone(workspace, say))
        server = daemon.find(workspace)
        found = server is not None
        if server is None:
            say("Starting the local AWS")
            server = daemon.start(workspace, owned=True)
            held.callback(_uninterrupted, workspace, server)
        clients = Clients(server.port)
        stack = deploy.ensure(workspace, server, clients, say)
        if found:
            held.close()
        yield clients, stack


@contextmanager
def alone(workspace: Workspace, say: Callable[[str], None]) -> Iterator[None]:
    """Keep other commands from starting a server or deploying in this workspace meanwhile.

    The lock is the kernel's: it goes with the process, however that ends.
    """
    workspace.check()
    workspace.root.mkdir(parents=True, exist_ok=True)
    with workspace.lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another command, which has started or deploys this local AWS")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


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
