"""The server's side of the training interpreter, which forks training jobs, and their processes.

Every training image maps to one `ContainerEntryPoint`, a Python module under the container
contract. The standard library's forkserver would import the server itself into each training job,
end on a module that fails to import, and read exit codes in no thread-safe way.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# Imports of training code, which take some two seconds: pandas, scipy and scikit-learn come with
# these. Missing modules are skipped.
PRELOAD = (
    "pyarrow.csv",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "pydantic",
    "skops.io",
    "skrub",
)

_PROGRAM = Path(__file__).with_name("training_interpreter.py")

# As the sagemaker-training toolkit calls it.
_BASE_DIR_VARIABLE = "SAGEMAKER_BASE_DIR"

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)

# Variables of the server that every process needs.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


_TICK_SECONDS = 0.5
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True)
class ContainerEntryPoint:
    """`python -m <module> train` with some folders on the import path.

    Parameters
    ----------
    module
        What `python -m` runs.
    python_path
        Folders put in front of `sys.path`.
    preload
        Modules that are imported once, for all training jobs; missing ones are skipped.
    """

    module: str
    python_path: tuple[Path, ...] = ()
    preload: tuple[str, ...] = PRELOAD

    @classmethod
    def of_training_container(cls, folder: Path) -> ContainerEntryPoint:
        """Entry point of Tunedrop's own image: `python -m sklearn_trainer train`."""
        folder = folder.resolve()
        return cls(module="sklearn_trainer", python_path=(folder, folder.parent / "common"))


class Interpreter:
    """The training interpreter; it starts again after it has died."""

    def __init__(self, entry_point: ContainerEntryPoint, grace_seconds: float) -> None:
        self._entry_point = entry_point
        self._grace_seconds = grace_seconds
        self._lock = threading.Lock()
        self._closed = False
        self._running: set[TrainingProcess] = set()
        self._launch()

    def start(self, folder: Path, environment: Mapping[str, str], threads: int) -> TrainingProcess:
        """Start a training job.

        Raises
        ------
        InstanceBroke
            The interpreter died, or the service is going down.
        """
        request = folder.parent / "request.json"
        content = {
            "module": self._entry_point.module,
            "python_path": [str(item) for item in self._entry_point.python_path],
            "folder": str(folder),
            "environment": _environment(folder, environment),
            "threads": threads,
        }
        request.write_text(json.dumps(content), "utf-8")
        output, output_writer = os.pipe()
        report, report_writer = os.pipe()
        try:
            with request.open("rb") as file, self._lock:
                self._revive()
                descriptors = [file.fileno(), output_writer, report_writer]
                socket.send_fds(self._socket, [b"j"], descriptors)
        except BaseException:
            os.close(output)
            os.close(report)
            raise
        finally:
            os.close(output_writer)
            os.close(report_writer)
        process = TrainingProcess(output, report, self._grace_seconds)
        with self._lock:
            self._running = {item for item in self._running if not item.ended} | {process}
        return process

    def close(self) -> None:
        """Kill all training jobs, and start no more."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            process.kill()
        self._socket.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _revive(self) -> None:
        if self._closed:
            raise InstanceBroke("The local AWS is shutting down.")
        if self._process.poll() is not None:
            self._socket.close()
            self._launch()

    def _launch(self) -> None:
        self._socket, theirs = socket.socketpair()
        environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")}
        environment["PYTHONPATH"] = os.pathsep.join(map(str, self._entry_point.python_path))
        number = theirs.fileno()
        # macOS's frameworks, once imported, do not survive a fork.
        modules = self._entry_point.preload if sys.platform == "linux" else ()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                [sys.executable, "-P", str(_PROGRAM), str(number), *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                pass_fds=(number,),
                start_new_session=True,
            )


def _environment(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Make a job's whole environment; nothing else of the server's own reaches it."""
    temporary = folder.parent / "tmp"
    temporary.mkdir(exist_ok=True)
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    defaults = {"PYTHONUNBUFFERED": "1", "TMPDIR": str(temporary)}
    return {**passed_on, **defaults, **variables, _BASE_DIR_VARIABLE: str(folder)}


class InstanceBroke(Exception):
    """The job's machine failed; the job may be retried."""


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
