"""Processes that run training jobs: forks of a pre-imported interpreter, or plain ones.

`training_interpreter.py` is the program on the other side.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from local_aws.sagemaker.jobs.entry_point import ContainerEntryPoint
from local_aws.sagemaker.jobs.fork_server import ForkServer, ForkServerDied
from local_aws.sagemaker.jobs.process import LauncherClosed, Process
from local_aws.sagemaker.jobs.training_job import TrainingJob

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("training_interpreter.py")

# As the sagemaker-training toolkit calls it.
_BASE_DIR_VARIABLE = "SAGEMAKER_BASE_DIR"

# What of the server's own environment a process needs to run at all.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


class Interpreters:
    """Starts training jobs.

    Parameters
    ----------
    entry_point
        What they run.
    fork
        Whether to fork them; a plain process is started where forking fails.
    """

    def __init__(self, entry_point: ContainerEntryPoint, *, fork: bool) -> None:
        self._entry_point = entry_point
        self._closed = False
        self._lock = threading.Lock()
        self._plain: set[PlainProcess] = set()
        # macOS's frameworks do not survive a fork without exec.
        self._forks = ForkServer(entry_point, PROGRAM) if fork and sys.platform == "linux" else None

    def base_dir(self, folder: Path) -> Path:
        """Where the job sees its folder: where it is."""
        return folder

    def start(
        self, job: TrainingJob, folder: Path, environment: Mapping[str, str], threads: int
    ) -> Process:
        """Start a training job.

        Raises
        ------
        LauncherClosed
            The service is going down.
        """
        request = folder.parent / "request.json"
        content = {
            "module": self._entry_point.module,
            "arguments": list(self._entry_point.arguments),
            "python_path": [str(item) for item in self._entry_point.python_path],
            "folder": str(folder),
            "environment": _environment(folder, environment),
            "threads": threads,
        }
        request.write_text(json.dumps(content), "utf-8")
        if self._forks is not None:
            try:
                return self._forks.start(job.name, request)
            except ForkServerDied:
                log.warning("the fork server died; %s gets a process of its own", job.name)
        with self._lock:
            if self._closed:
                raise LauncherClosed(f"{job.name} is not started any more")
            process = PlainProcess(self._entry_point, request)
            self._plain = {item for item in self._plain if item.wait(0) is None} | {process}
        return process

    def close(self) -> None:
        """Kill everything that runs."""
        if self._forks is not None:
            self._forks.close()
        with self._lock:
            self._closed = True
            plain = list(self._plain)
        for process in plain:
            process.send_signal(signal.SIGKILL)
        for process in plain:
            process.wait(5)


def _environment(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Make a job's whole environment; nothing else of the server's own reaches it."""
    temporary = folder.parent / "tmp"
    temporary.mkdir(exist_ok=True)
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = {"PYTHONUNBUFFERED": "1", "TMPDIR": str(temporary)}
    return {**passed_on, **own, **given, _BASE_DIR_VARIABLE: str(folder)}


class PlainProcess:
    """A training job in a process of its own, which notices the server's death by a pipe."""

    def __init__(self, entry_point: ContainerEntryPoint, request: Path) -> None:
        guard, self._guard_writer = os.pipe()
        self.output, output_writer = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                [entry_point.python, "-P", str(PROGRAM), "run", str(request), str(guard)],
                stdin=subprocess.DEVNULL,
                stdout=output_writer,
                stderr=output_writer,
                pass_fds=(guard,),
                start_new_session=True,
            )
        finally:
            os.close(guard)
            os.close(output_writer)
        self.lost: str | None = None
        self.peak_memory: int | None = None
        self._lock = threading.Lock()
        self._ended = False

    def wait(self, timeout: float) -> int | None:
        """Wait for its end."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        with self._lock:
            if not self._ended:
                self._ended = True
                self._kill_group(signal.SIGKILL)
                os.close(self._guard_writer)
        return code

    def send_signal(self, number: int) -> None:
        """Signal its process group."""
        with self._lock:
            if not self._ended:
                self._kill_group(number)

    def _kill_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
