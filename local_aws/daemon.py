"""The server as seen from outside: is it up, start it, stop it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import BinaryIO

from local_aws import environment, gateway, processes
from local_aws.conditions import Conditions
from local_aws.errors import LocalAwsError
from local_aws.workspace import Workspace

DEFAULT_PORT = 4566

_START_SECONDS = 60.0
_BACKLOG = 100
# The server saves what outlives it and stops every child within this time.
_STOP_SECONDS = 40.0


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
    """Return the workspace's running server; a file which a killed one left is removed."""
    try:
        server = Server(**json.loads(workspace.server_file.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        workspace.server_file.unlink(missing_ok=True)
        return None
    if processes.exists(server.pid) and _is_healthy(server):
        return server
    if not processes.exists(server.pid) or not _is_ours(server.pid):
        workspace.server_file.unlink(missing_ok=True)
        return None
    return server  # ours, and busy or still ending


def start(workspace: Workspace, port: int | None = None, *, owned: bool = False) -> Server:
    """Start the server in the background and wait until it answers.

    Parameters
    ----------
    port
        None takes the usual port when it is free, and any free one otherwise.
    owned
        The server ends when this process does.
    """
    workspace = Workspace(workspace.root.resolve())
    with _listening(port) as listener, _new_log(workspace) as log:
        port = int(listener.getsockname()[1])
        variables = environment.server_variables(workspace, port, os.environ)
        process = subprocess.Popen(  # noqa: S603 - our own module and numbers
            server_command(
                workspace, port, listener.fileno(), owner=os.getpid() if owned else None
            ),
            pass_fds=(listener.fileno(),),
            cwd=workspace.root,
            env=variables,
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
    processes.end_group(server.pid)
    workspace.server_file.unlink(missing_ok=True)


def change_conditions(server: Server, conditions: Conditions) -> None:
    """Let other things go wrong on purpose than before, or nothing."""
    url, body = f"{server.endpoint}{gateway.OWN}conditions", conditions.model_dump_json().encode()
    request = urllib.request.Request(url, body, method="PUT")  # noqa: S310 - http to ourselves
    with urllib.request.urlopen(request, timeout=60):  # noqa: S310 - http to ourselves
        pass


def server_command(
    workspace: Workspace, port: int, listener: int, *, owner: int | None = None
) -> list[str]:
    """Return the command line of the server process, which inherits its listening socket."""
    command = [sys.executable, "-m", "local_aws.server"]
    command += ["--root", str(workspace.root)]
    command += ["--port", str(port), "--listener", str(listener)]
    return command + (["--owner", str(owner)] if owner else [])


def _new_log(workspace: Workspace) -> BinaryIO:
    workspace.make()
    return workspace.log.open("wb")


def _listening(port: int | None) -> socket.socket:
    """Take a port of 127.0.0.1 for good: one that is only found free may be gone a moment later."""
    if port is None:
        with suppress(LocalAwsError):
            return _listening(DEFAULT_PORT)
        return _listening(0)
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise LocalAwsError(
            f"Port {port} of 127.0.0.1 cannot be used: {error.strerror}. "
            "Choose another one with --port, or stop what listens there."
        ) from None
    return listener


def _await_health(server: Server, process: subprocess.Popen[bytes], workspace: Workspace) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _is_healthy(server):
        if process.poll() is not None or time.monotonic() > deadline:
            lines = workspace.log.read_text("utf-8", errors="replace").strip().splitlines()
            end = "\n  ".join(lines[-15:]) or "(nothing was written)"
            raise LocalAwsError(f"The local AWS did not start. {workspace.log} ends with:\n  {end}")
        time.sleep(0.05)


def _is_healthy(server: Server) -> bool:
    try:
        with urllib.request.urlopen(f"{server.endpoint}{gateway.OWN}health", timeout=5) as answer:  # noqa: S310 - http to ourselves
            return bool(answer.read() == gateway.health(server.pid))
    except (OSError, urllib.error.URLError):
        return False


def _is_ours(pid: int) -> bool:
    """Whether a process is a server of ours; its id may have been given to another one since."""
    with suppress(OSError):
        return b"local_aws.server" in open(f"/proc/{pid}/cmdline", "rb").read()
    listing = subprocess.run(  # noqa: S603 - fixed program, a number as its argument
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return b"local_aws.server" in listing.stdout
