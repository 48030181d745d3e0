"""The server seen from outside: find it, start it, stop it, and have it for one command."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass

import psutil
import urllib3

from local_aws import LocalAwsError, deploy, environment, gateway, processes
from local_aws.conditions import Conditions
from local_aws.deploy import Stack
from local_aws.environment import Clients
from local_aws.workspace import KILLED_WARNING, Workspace

DEFAULT_PORT = 4566
# The module of the server process.
SERVER = "local_aws.server"

_START_SECONDS = 60.0
_BACKLOG = 100
# The server saves what outlives it and stops every child within this time.
_STOP_SECONDS = 40.0

Print = Callable[[str], None]


@dataclass(frozen=True)
class Server:
    """A running server."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        """The URL that AWS clients are pointed at."""
        return environment.endpoint(self.port)


def find(workspace: Workspace) -> Server | None:
    """Return the workspace's running server; delete a file that a killed one left."""
    with suppress(OSError, ValueError, TypeError, psutil.Error):
        server = Server(**json.loads(workspace.server_file.read_text("utf-8")))
        # Its id may have been given to another process since.
        if SERVER in psutil.Process(server.pid).cmdline() or _is_healthy(server):
            return server
    workspace.server_file.unlink(missing_ok=True)
    return None


def start(
    workspace: Workspace,
    port: int | None = None,
    *,
    owned: bool = False,
    show: Print = lambda _line: None,
) -> Server:
    """Start the server in the background and wait until it answers.

    Parameters
    ----------
    port
        None takes the usual port when it is free, and any free one otherwise.
    owned
        The server ends when this process does.
    show
        Gets a line about what is done, and a warning if the last server was killed.
    """
    show("Starting the local AWS")
    if workspace.was_killed():
        show(KILLED_WARNING)
    workspace = Workspace(workspace.root.resolve())
    with listen(port) as listener:
        workspace.make()
        port = int(listener.getsockname()[1])
        owner = os.getpid() if owned else None
        with workspace.log.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own module and numbers
                server_command(workspace, port, listener.fileno(), owner=owner),
                pass_fds=(listener.fileno(),),
                cwd=workspace.root,
                env=environment.server_variables(workspace, port, os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    server = Server(process.pid, port)
    workspace.server_file.write_text(json.dumps(asdict(server)), "utf-8")
    try:
        _await_health(server, process, workspace)
    except BaseException:
        stop(workspace, server)
        raise
    return server


def stop(workspace: Workspace, server: Server) -> None:
    """End the server with all of its children, and forget it."""
    processes.end(server.pid, seconds=_STOP_SECONDS)
    processes.kill_group(server.pid)
    workspace.server_file.unlink(missing_ok=True)


def change_conditions(server: Server, conditions: Conditions) -> None:
    """Replace the conditions, the faults that are simulated."""
    url = f"{server.endpoint}{gateway.OWN}conditions"
    urllib3.request("PUT", url, body=conditions.model_dump_json(), timeout=60)


def server_command(
    workspace: Workspace, port: int, listener: int, *, owner: int | None = None
) -> list[str]:
    """Return the command line of the server process, which inherits its listening socket."""
    command = [sys.executable, "-m", SERVER, "--root", str(workspace.root)]
    command += ["--port", str(port), "--listener", str(listener)]
    return command + (["--owner", str(owner)] if owner else [])


@contextmanager
def running_stack(workspace: Workspace, show: Print) -> Iterator[tuple[Clients, Stack]]:
    """Yield clients and the deployed stack; stop the server at the end if it was started here.

    Such a server is this command's own: others wait, so that it doesn't end under them. One that
    was up already is shared as soon as the stack is deployed.
    """
    with ExitStack() as at_the_end:
        at_the_end.enter_context(lock(workspace, show))
        running = find(workspace)
        server = running or start(workspace, owned=True, show=show)
        if running is None:
            at_the_end.callback(_stop_uninterrupted, workspace, server)
        clients = Clients(server.port)
        stack = deploy.ensure(workspace, clients, show)
        if running:
            at_the_end.close()
        yield clients, stack


@contextmanager
def lock(workspace: Workspace, show: Print) -> Iterator[None]:
    """Keep other commands from starting a server or deploying in this workspace meanwhile.

    The lock is the kernel's: it goes with the process, however that ends.
    """
    workspace.check()
    workspace.root.mkdir(parents=True, exist_ok=True)
    with workspace.lock_file.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            show("Waiting for another command that uses this local AWS")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _stop_uninterrupted(workspace: Workspace, server: Server) -> None:
    """Stop the server even if a second Ctrl-C comes meanwhile."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        stop(workspace, server)
    finally:
        signal.signal(signal.SIGINT, previous)


def listen(port: int | None) -> socket.socket:
    """Take a port of 127.0.0.1 for good; one that is only tested may be taken a moment later."""
    if port is None:
        with suppress(LocalAwsError):
            return listen(DEFAULT_PORT)
        return listen(0)
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise LocalAwsError(
            f"Port {port} of 127.0.0.1 cannot be used: {error}. "
            "Choose another one with --port, or stop what listens there."
        ) from None
    return listener


def _await_health(server: Server, process: subprocess.Popen[bytes], workspace: Workspace) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _is_healthy(server):
        if process.poll() is not None or time.monotonic() > deadline:
            raise LocalAwsError(
                f"The local AWS did not start. {workspace.log} ends with:\n"
                f"  {processes.last_lines(workspace.log)}"
            )
        time.sleep(0.05)


def _is_healthy(server: Server) -> bool:
    url = f"{server.endpoint}{gateway.OWN}health"
    with suppress(urllib3.exceptions.HTTPError):
        answer = urllib3.request("GET", url, retries=False, timeout=5)
        return answer.data == gateway.health(server.pid)
    return False
