"""A pre-imported interpreter that forks a child for each training job: the server's side.

One socket joins the two: requests go down with the job's output pipe attached, process ids and exit
codes come up. The interpreter kills its children when the socket closes, the kernel kills them when
the interpreter dies, so that none outlives the server.
"""

from __future__ import annotations

import array
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

from local_aws.sagemaker.jobs.entry_point import ContainerEntryPoint

log = logging.getLogger(__name__)

# One import of scikit-learn, pandas and pyarrow on a slow disk.
_START_SECONDS = 120

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)


class ForkServerDied(Exception):
    """The interpreter could not be started, or has ended."""


class ForkedProcess:
    """A training job in a fork."""

    def __init__(self, name: str, output: int, server: ForkServer) -> None:
        self.output = output
        self.lost: str | None = None
        self.peak_memory: int | None = None
        self._name = name
        self._server = server
        self._code: int | None = None
        self._ended = threading.Event()

    def wait(self, timeout: float) -> int | None:
        """Wait for its end."""
        self._ended.wait(timeout)
        return self._code

    def send_signal(self, number: int) -> None:
        """Let the interpreter signal its process group: only it knows that the number is ours."""
        if not self._ended.is_set():
            self._server.send({"job": self._name, "signal": number})

    def end(self, code: int) -> None:
        """Note its end."""
        self._code = code
        self._ended.set()


class ForkServer:
    """Starts the interpreter when made, and again when it has died.

    Parameters
    ----------
    entry_point
        Whose modules are imported before the first fork.
    program
        Path of training_interpreter.py.
    """

    def __init__(self, entry_point: ContainerEntryPoint, program: Path) -> None:
        self._entry_point = entry_point
        self._program = program
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._closed = False
        self._running: dict[str, ForkedProcess] = {}
        self._launch()

    def start(self, name: str, request: Path) -> ForkedProcess:
        """Fork a child for a training job.

        Raises
        ------
        ForkServerDied
            There is no interpreter to fork, and a new one does not start either.
        """
        self._revive()
        output, writer = os.pipe()
        process = ForkedProcess(name, output, self)
        with self._lock:
            self._running[name] = process
        try:
            self.send({"job": name, "request": str(request)}, writer)
        except OSError as error:
            with self._lock:
                self._running.pop(name, None)
            os.close(output)
            raise ForkServerDied(str(error)) from error
        finally:
            os.close(writer)
        return process

    def send(self, message: dict[str, Any], descriptor: int | None = None) -> None:
        """Send one line, with an open file attached."""
        rights = [] if descriptor is None else [descriptor]
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", rights))]
        with self._sending:
            line = json.dumps(message).encode() + b"\n"
            self._socket.sendmsg([line], ancillary if rights else [])

    def close(self) -> None:
        """Kill the interpreter and all its children."""
        self._closed = True
        with contextlib.suppress(OSError):
            # It may have died before.
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)

    def _revive(self) -> None:
        with self._lock:
            dead = self._process.poll() is not None
            if dead and not self._closed:
                self._launch()
        if not self._ready.wait(_START_SECONDS) or self._process.poll() is not None:
            raise ForkServerDied("the interpreter is not up")

    def _launch(self) -> None:
        self._ready = threading.Event()
        self._socket, theirs = socket.socketpair()
        environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")}
        environment["PYTHONPATH"] = os.pathsep.join(map(str, self._entry_point.python_path))
        command = [self._entry_point.python, "-P", str(self._program)]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                [*command, "serve", str(theirs.fileno()), *self._entry_point.preload],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._reader = threading.Thread(
            target=self._read, args=(self._socket, self._ready), name="fork-server", daemon=True
        )
        self._reader.start()

    def _read(self, connection: socket.socket, ready: threading.Event) -> None:
        with connection.makefile("rb") as lines:
            try:
                for line in lines:
                    self._take(json.loads(line), ready)
            except OSError:
                log.debug("the fork server's socket broke")
        ready.set()
        with self._lock:
            orphaned, self._running = self._running, {}
        for process in orphaned.values():
            # The kernel has killed them with their parent.
            process.lost = "The interpreter that held the training job died"
            process.end(-signal.SIGKILL)

    def _take(self, message: dict[str, Any], ready: threading.Event) -> None:
        if "ready" in message:
            ready.set()
        if "exit" in message:
            with self._lock:
                process = self._running.pop(message["job"], None)
            if process is not None:
                process.peak_memory = message["peak_memory"]
                process.end(message["exit"])
