"""Starts the HTTP server: loads the model once, then forks one process for each vCPU.

The model's memory is shared by all of them. Each process predicts with one thread. gunicorn itself
waits without limit for the rest of a request, and for a caller to take its answer; here no caller
can hold a thread for longer than a limit.
"""

from __future__ import annotations

import errno
import gc
import os
import selectors
import socket
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker
from pydantic import PositiveInt, TypeAdapter, ValidationError

from sklearn_trainer.contract import EXIT_FAILED, Folders
from sklearn_trainer.errors import ModelError, TunedropError
from sklearn_trainer.process import privileges
from tunedrop_common.data_text import quote

Value = TypeVar("Value")

PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
PROBABILITIES_VARIABLE = "SKLEARN_TRAINER_PROBABILITIES"
PAYLOAD_VARIABLE = "SAGEMAKER_MAX_PAYLOAD_IN_MB"
WORKERS_VARIABLE = "SAGEMAKER_MODEL_SERVER_WORKERS"
TRANSFER_VARIABLE = "SKLEARN_TRAINER_TRANSFER_SECONDS"

# Above the 6 MiB that InvokeEndpoint takes (its service model); a transform says its own.
PAYLOAD_MEGABYTES = 25
# For a request to arrive, and for its answer to be taken: half of the 60 seconds that SageMaker
# waits for an answer.
TRANSFER_SECONDS = 30
GRACE_SECONDS = 25  # SageMaker sends SIGKILL 30 seconds after SIGTERM

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def serve(folders: Folders, host: str, environment: Mapping[str, str] = os.environ) -> int:
    """Serve until SIGTERM; returns the exit code."""
    # Before any library is loaded: afterwards they don't look any more, and a thread pool that
    # exists before a fork is broken after it.
    for name in _ONE_THREAD:
        os.environ[name] = "1"
    try:
        privileges.drop(reads=folders.model)
        settings, application = prepare(folders, host, environment)
    except TunedropError as error:
        print(f"The server cannot start. {error}", file=sys.stderr, flush=True)
        return EXIT_FAILED
    print(f"Serves on {settings['bind']} with {settings['workers']} processes.", flush=True)
    try:
        _Server(settings, application).run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_FAILED
    return 0


def prepare(
    folders: Folders, host: str, environment: Mapping[str, str]
) -> tuple[dict[str, Any], Any]:
    """Read the settings, load the model; return gunicorn's settings and the application."""
    import joblib

    from sklearn_trainer.serving.application import SPARE_THREADS, WAITING, Application
    from sklearn_trainer.serving.model_folder import load_model
    from sklearn_trainer.serving.predictor import Predictor

    workers = read_setting(environment, WORKERS_VARIABLE, joblib.cpu_count())
    payload = read_setting(environment, PAYLOAD_VARIABLE, PAYLOAD_MEGABYTES)
    model = load_model(folders)
    application = Application(
        Predictor(model),
        body_bytes=payload * 2**20,
        transfer_seconds=read_setting(environment, TRANSFER_VARIABLE, TRANSFER_SECONDS),
        processes=workers,
        probabilities=read_setting(environment, PROBABILITIES_VARIABLE, False, bool),
    )
    # Never looked at again, so never copied: the processes share the model's pages.
    gc.collect()
    gc.freeze()
    port = read_setting(environment, PORT_VARIABLE, 8080)
    memory = Path("/dev/shm")  # noqa: S108 - heartbeats on a disk could block
    settings = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "worker_class": Worker,
        "threads": WAITING + SPARE_THREADS,
        "preload_app": True,
        "timeout": 120,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": 75,
        "loglevel": "warning",
        "control_socket_disable": True,
        "worker_tmp_dir": str(memory) if os.access(memory, os.W_OK) else None,
    }
    return settings, application


def read_setting(
    environment: Mapping[str, str], name: str, default: Value, kind: Any = PositiveInt
) -> Value:
    """Read a setting from an environment variable, which may be absent or empty."""
    text = environment.get(name, "").strip()
    try:
        value: Value = TypeAdapter(kind).validate_strings(text) if text else default
    except ValidationError as error:
        raise ModelError(
            f"The environment variable {name} is invalid",
            found=quote(text),
            expected=error.errors()[0]["msg"],
            to_do="Correct it in the model's Environment, or leave it out.",
        ) from error
    return value


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with these settings and no others."""

    def __init__(self, settings: dict[str, Any], application: Any) -> None:
        self._settings, self._application = settings, application
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._application


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
            raise _timeout() from error

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send everything."""
        self.settimeout(self.seconds_to_send)
        try:
            super().sendall(data, flags)
        except TimeoutError as error:
            raise _timeout() from error


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads that work for connections on which something has arrived."""

    def enqueue_req(self, conn: Any) -> None:
        """Pass a connection to a thread; a new one only when something can be read."""
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
        """Call the application, without waiting for the unread rest of a body."""
        try:
            return bool(super().handle_request(req, conn))
        finally:
            conn.sock.deadline = 0.0


def _timeout() -> TimeoutError:
    # gunicorn ends a connection with this number in silence, and logs others with a traceback.
    return TimeoutError(errno.ECONNRESET, "The caller is too slow")
