"""The server process: MiniStack and SageMaker behind one port of 127.0.0.1.

`python -m local_aws.server --root FOLDER --port PORT --listener FD [--owner PID]`, started by
`daemon.py` with the environment of `environment.py` and the socket that it listens on. It ends on
SIGTERM, SIGINT and SIGHUP, and with its owner.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local_aws import environment, gateway
from local_aws.calls import Calls
from local_aws.conditions import CurrentConditions
from local_aws.ministack import events, executions, lambda_code, patched_app, patching
from local_aws.sagemaker import ContainerEntryPoint, Service
from local_aws.workspace import REPOSITORY, Workspace

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

# How often a server checks that its owner runs.
_OWNER_CHECK_SECONDS = 0.5

# After the first signal: everything that has not ended by then is killed. Saving takes longest.
_SHUTDOWN_SECONDS = 30.0


def main() -> None:
    """Run the server until a signal or its owner ends it."""
    arguments = _arguments()
    workspace = Workspace(arguments.root)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    _clean(workspace)
    if arguments.owner:
        _end_with(arguments.owner)
    asyncio.run(_run(workspace, arguments.port, arguments.listener))
    # MiniStack leaves threads of waiting executions behind, which would delay the exit.
    logging.shutdown()
    os._exit(0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_aws.server", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="folder of this local AWS")
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1")
    parser.add_argument("--listener", type=int, required=True, help="descriptor that listens on it")
    parser.add_argument("--owner", type=int, help="end when this process, our parent, has ended")
    return parser.parse_args()


def _clean(workspace: Workspace) -> None:
    """Make the folders ready; a killed server left the temporary one full."""
    shutil.rmtree(workspace.temporary, ignore_errors=True)
    workspace.make()
    workspace.open_saved_data()
    lambda_code.forget_old(workspace.lambda_code)
    lambda_code.link_packages(workspace.lambda_runtime)


def _end_with(owner: int) -> None:
    def watch() -> None:
        while os.getppid() == owner:
            time.sleep(_OWNER_CHECK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="owner-watch").start()


async def _run(workspace: Workspace, port: int, listener: int) -> None:
    conditions, calls = CurrentConditions(), Calls()
    ministack = patched_app(conditions, calls)
    sagemaker = Service(
        root=workspace.sagemaker,
        endpoint_url=environment.endpoint(port),
        emit=events.emit,
        entry_point=ContainerEntryPoint.of_training_container(REPOSITORY / "training_container"),
        conditions=conditions,
    )
    ended = asyncio.Event()
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, _on_signal, ended)
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 2
    config.shutdown_timeout = _SHUTDOWN_SECONDS
    config.loglevel = "WARNING"

    def begin() -> None:
        sagemaker.start()
        executions.announce_interrupted()

    app: Any = gateway.app(ministack, sagemaker.handle, conditions, calls, begin)
    try:
        await serve(app, config, shutdown_trigger=ended.wait)
    finally:
        _stop_children(sagemaker.close)
    workspace.save_data()


def _on_signal(ended: asyncio.Event) -> None:
    ended.set()
    timer = threading.Timer(_SHUTDOWN_SECONDS, os._exit, (1,))
    timer.daemon = True
    timer.start()


def _stop_children(close_sagemaker: Callable[[], None]) -> None:
    """Stop the processes of training jobs and of Lambdas."""
    try:
        close_sagemaker()
    finally:
        patching.module("core.lambda_runtime").reset()


if __name__ == "__main__":
    main()
