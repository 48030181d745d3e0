"""The local AWS for the length of one command: found running, or started and stopped again."""

from __future__ import annotations

import fcntl
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from local_aws import daemon, deploy, saved_data
from local_aws.daemon import Server
from local_aws.deploy import Say, Stack
from local_aws.environment import Clients
from local_aws.workspace import Workspace


@contextmanager
def running_stack(workspace: Workspace, say: Say) -> Iterator[tuple[Clients, Stack]]:
    """Give the deployed stack; a server that had to be started is stopped at the end.

    Such a server is this command's own: others wait, lest it ends under them. One that was up
    already is shared as soon as the stack is deployed.
    """
    with ExitStack() as held:
        held.enter_context(alone(workspace, say))
        server = daemon.find(workspace)
        found = server is not None
        if server is None:
            server = start(workspace, say, owned=True)
            held.callback(_uninterrupted, workspace, server)
        clients = Clients(server.port)
        stack = deploy.ensure(workspace, clients, say)
        if found:
            held.close()
        yield clients, stack


def start(
    workspace: Workspace, say: Say, port: int | None = None, *, owned: bool = False
) -> Server:
    """Start the server, and say so if the last one was killed."""
    say("Starting the local AWS")
    if saved_data.is_lost(workspace):
        say(saved_data.LOST)
    return daemon.start(workspace, port, owned=owned)


@contextmanager
def alone(workspace: Workspace, say: Say) -> Iterator[None]:
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
