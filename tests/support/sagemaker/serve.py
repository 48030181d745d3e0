"""A server like local_aws/server.py, but with the tiny container and with its events recorded.

python -m tests.support.sagemaker.serve ROOT PORT OPTIONS, in the environment of environment.py.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local_aws import environment, gateway
from local_aws.calls import Calls
from local_aws.conditions import Conditions, CurrentConditions
from local_aws.ministack import events, executions, lambda_code, patched_app
from local_aws.sagemaker import ContainerEntryPoint, Service
from local_aws.workspace import Workspace

CONTAINER = Path(__file__).with_name("tiny_container")


async def main(root: Path, port: int, options: dict[str, Any]) -> None:
    lock, record = threading.Lock(), root / "events.jsonl"

    def emit(event: dict[str, Any]) -> None:
        with lock, record.open("a") as file:
            file.write(json.dumps(event) + "\n")
        events.emit(event)

    conditions = CurrentConditions(Conditions(**options.pop("conditions", {})))
    calls = Calls()
    workspace = Workspace(root)
    lambda_code.link_packages(workspace.lambda_runtime)
    workspace.open_saved_data()
    ministack = patched_app(conditions, calls)
    service = Service(
        workspace.sagemaker,
        environment.endpoint(port),
        emit,
        ContainerEntryPoint(module="tiny_trainer", python_path=(CONTAINER,), preload=("json",)),
        conditions,
        **options,
    )
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 1
    config.loglevel = "WARNING"

    def begin() -> None:
        service.start()
        executions.announce_interrupted()

    app: Any = gateway.app(ministack, service.handle, conditions, calls, begin)
    await serve(app, config, shutdown_trigger=ended.wait)
    service.close()
    workspace.save_data()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])))
