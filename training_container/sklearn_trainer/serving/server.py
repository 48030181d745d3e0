"""Starts the HTTP server: loads the model once, then forks one process for each vCPU.

The model's memory is shared by all of them. Each process predicts with one thread.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklearn_trainer.contract import EXIT_FAILED, Folders
from sklearn_trainer.errors import ModelError, TunedropError
from sklearn_trainer.process import privileges
from tunedrop_common.data_text import quote

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
    return _run(settings, application)


def prepare(
    folders: Folders, host: str, environment: Mapping[str, str]
) -> tuple[dict[str, Any], Any]:
    """Read the settings, load the model; return gunicorn's settings and the application."""
    import joblib

    from sklearn_trainer.serving.application import SPARE_THREADS, WAITING, Application
    from sklearn_trainer.serving.model_folder import load_model
    from sklearn_trainer.serving.predictor import Predictor

    workers = whole_number(environment, WORKERS_VARIABLE, joblib.cpu_count())
    payload = whole_number(environment, PAYLOAD_VARIABLE, PAYLOAD_MEGABYTES)
    model = load_model(folders)
    application = Application(
        Predictor(model),
        body_bytes=payload * 2**20,
        transfer_seconds=whole_number(environment, TRANSFER_VARIABLE, TRANSFER_SECONDS),
        processes=workers,
        probabilities=flag(environment, PROBABILITIES_VARIABLE),
    )
    # Never looked at again, so never copied: the processes share the model's pages.
    gc.collect()
    gc.freeze()
    port = whole_number(environment, PORT_VARIABLE, 8080)
    return _settings(f"{host}:{port}", workers, WAITING + SPARE_THREADS), application


def whole_number(environment: Mapping[str, str], name: str, default: int) -> int:
    """Return a variable's value."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ModelError(
            f"The environment variable {name} is not a whole number above 0",
            found=quote(text),
            to_do="Correct it in the model's Environment, or leave it out.",
        )
    return int(text)


def flag(environment: Mapping[str, str], name: str) -> bool:
    """Return whether a variable is true; false when it is not there."""
    text = environment.get(name, "").strip()
    if text.lower() not in ("true", "false", ""):
        raise ModelError(
            f"The environment variable {name} is neither true nor false",
            found=quote(text),
            to_do="Correct it in the model's Environment, or leave it out.",
        )
    return text.lower() == "true"


def _settings(address: str, workers: int, threads: int) -> dict[str, Any]:
    from sklearn_trainer.serving.worker import Worker

    memory = Path("/dev/shm")  # noqa: S108 - heartbeats on a disk could block
    return {
        "bind": address,
        "workers": workers,
        "worker_class": Worker,
        "threads": threads,
        "preload_app": True,
        "timeout": 120,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": 75,
        "loglevel": "warning",
        "control_socket_disable": True,
        "worker_tmp_dir": str(memory) if os.access(memory, os.W_OK) else None,
    }


def _run(settings: dict[str, Any], application: Any) -> int:
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn with these settings and no others."""

        def load_config(self) -> None:
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return application

    print(f"Serves on {settings['bind']} with {settings['workers']} processes.", flush=True)
    try:
        Server().run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_FAILED
    return 0
