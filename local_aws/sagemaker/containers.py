"""Training jobs in containers: their own images, run by Docker or Podman.

The engine's client stays in the foreground of each job: what it writes is the container's output,
how it ends is how the container ended.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from local_aws.container_engine import Engine, EngineUnusable
from local_aws.sagemaker import container_guard
from local_aws.sagemaker.container_command import BASE_DIR, Machine, run_arguments
from local_aws.sagemaker.process import LauncherClosed, LaunchRefused, Process
from local_aws.sagemaker.training_job import TrainingJob

log = logging.getLogger(__name__)

# Of the engines' clients: the engine itself failed, not what it ran.
_ENGINE_FAILED = 125
_PULL_SECONDS = 1800.0
_RETRY_SECONDS = 0.1
_CLOSE_SECONDS = 5.0


class Containers:
    """Starts training jobs; containers that an earlier server left are removed first.

    Parameters
    ----------
    engine
        What runs them.
    owner
        A folder that no other server has; labels this server's containers.
    """

    def __init__(self, engine: Engine, owner: Path) -> None:
        ours = owner_label(owner)
        # The guard of a server that was killed may still be at work: it must not take ours.
        self._label = f"tunedrop.local-aws.start={secrets.token_hex(8)}"
        self._labels = (ours, self._label)
        self._engine = engine
        self._machine = Machine(os.cpu_count() or 1, os.getuid(), os.getgid())
        self._lock = threading.Lock()
        self._closed = False
        self._running: set[ContainerProcess] = set()
        self._known_images: set[str] = set()
        container_guard.remove_all(engine.program, ours, engine.environment)
        self._guard = self._new_guard()

    def base_dir(self, folder: Path) -> Path:
        """Where the job sees its folder: at the path itself."""
        return BASE_DIR

    def start(
        self, job: TrainingJob, folder: Path, environment: Mapping[str, str], threads: int
    ) -> Process:
        """Start a training job; its image is pulled where it is not there.

        Raises
        ------
        LaunchRefused
            The image cannot be had.
        LauncherClosed
            The service is going down.
        """
        self._need_image(job.request["AlgorithmSpecification"].get("TrainingImage"))
        # A retried job's old container may be removed a moment after its end.
        name = f"{job.name}-{secrets.token_hex(4)}"
        arguments = run_arguments(
            self._engine,
            job,
            name=name,
            labels=self._labels,
            folder=folder,
            environment=environment,
            machine=self._machine,
        )
        with self._lock:
            if self._closed:
                raise LauncherClosed(f"{job.name} is not started any more")
            if self._guard.poll() is not None:
                log.warning("the guard of the containers died; there is a new one")
                self._guard = self._new_guard()
            process = ContainerProcess(self._engine, name, arguments)
            self._running = {item for item in self._running if item.wait(0) is None} | {process}
        return process

    def close(self) -> None:
        """Kill everything that runs."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        word = b""
        deadline = time.monotonic() + _CLOSE_SECONDS
        try:
            # A client that had just begun makes its container a moment later.
            while running and time.monotonic() < deadline:
                container_guard.remove_all(
                    self._engine.program, self._label, self._engine.environment
                )
                running = [process for process in running if process.wait(_RETRY_SECONDS) is None]
            if not running:
                word = container_guard.NOTHING_LEFT
        finally:
            for process in running:
                process.abandon()
            # Unless it is told that nothing is left, the guard goes on looking.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard.communicate(word, _CLOSE_SECONDS)

    def _new_guard(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-P", container_guard.__file__, self._engine.program, self._label],
            env=self._engine.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _need_image(self, image: str) -> None:
        if image in self._known_images:
            return
        if not self._engine.has_image(image):
            pulled = self._engine.call("pull", image, seconds=_PULL_SECONDS)
            if pulled.returncode:
                raise LaunchRefused(
                    f"ClientError: Cannot pull the image {image} by {self._engine.name}:"
                    f" {pulled.stderr.strip()}"
                )
        self._known_images.add(image)


def owner_label(owner: Path) -> str:
    """Return the label of all containers of the server with this folder, whenever started."""
    digest = hashlib.sha256(str(owner.resolve()).encode()).hexdigest()[:16]
    return f"tunedrop.local-aws={digest}"


class ContainerProcess:
    """A training job in a container."""

    def __init__(self, engine: Engine, name: str, arguments: list[str]) -> None:
        self.lost: str | None = None
        self.peak_memory: int | None = None
        self._engine = engine
        self._name = name
        self._lock = threading.Lock()
        self._ended = False
        self._sent: set[int] = set()
        self.output, writer = os.pipe()
        try:
            self._client = subprocess.Popen(  # noqa: S603 - the engine that a person has chosen
                [engine.program, *arguments],
                env=engine.environment,
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                start_new_session=True,
            )
        except OSError:
            os.close(self.output)
            raise
        finally:
            os.close(writer)

    def wait(self, timeout: float) -> int | None:
        """Wait for its end."""
        try:
            code = self._client.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        with self._lock:
            if not self._ended:
                self._ended = True
                self._look_at_end(code)
        return code

    def send_signal(self, number: int) -> None:
        """Signal the container's first process, as soon as there is one; each signal once.

        In a thread, because the engine takes its time, and longer before the container runs.
        """
        with self._lock:
            if self._ended or number in self._sent:
                return
            self._sent.add(number)
        threading.Thread(target=self._signal, args=(number,), name=self._name, daemon=True).start()

    def abandon(self) -> None:
        """Kill the client, whatever becomes of its container."""
        self._client.kill()
        self._client.wait()

    def _signal(self, number: int) -> None:
        command = ("kill", f"--signal={signal.Signals(number).name}", self._name)
        while self._client.poll() is None:
            try:
                if self._engine.call(*command).returncode == 0:
                    return
            except EngineUnusable:
                log.exception("%s got no signal %s", self._name, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._client.wait(_RETRY_SECONDS)

    def _look_at_end(self, code: int) -> None:
        """Tell the engine's own failures from the job's; leave no container without its client."""
        if code == _ENGINE_FAILED:
            self.lost = f"{self._engine.name} could not run the container"
        elif code < 0:
            self.lost = f"The client of {self._engine.name} was killed"
            with contextlib.suppress(EngineUnusable):
                self._engine.call("kill", "--signal=KILL", self._name)
                self._engine.call("rm", "--force", self._name)
