"""Starts the real server on a model folder, and talks plain HTTP to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.training import PYTHONPATH


@dataclass(frozen=True)
class Answer:
    status: int
    type: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.json["error"]
        return error

    @property
    def lines(self) -> list[str]:
        return self.body.decode().splitlines()


class Server:
    """A server process; `base` holds the folder `model`."""

    def __init__(self, base: Path, **environment: str) -> None:
        self.port = _free_port()
        self.log = base.parent / f"server-{self.port}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sklearn_trainer", "serve", "--host", "127.0.0.1"],
                env={
                    **os.environ,
                    "PYTHONPATH": PYTHONPATH,
                    "SAGEMAKER_BASE_DIR": str(base),
                    "SAGEMAKER_BIND_TO_PORT": str(self.port),
                    "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
                    **environment,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_up(self) -> Server:
        deadline = time.monotonic() + 180
        while True:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            try:
                if self.get("/ping").status == 200:
                    return self
            except OSError:
                time.sleep(0.1)

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def invoke(
        self, body: bytes | str | Any, content_type: str = "application/json", **headers: str
    ) -> Answer:
        """Send text and bytes as they are, everything else as JSON."""
        if not isinstance(body, bytes | str):
            body = json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", "/invocations", body, {"Content-Type": content_type, **named})

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            content = body.encode() if isinstance(body, str) else body
            connection.request(method, path, content, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers.get_content_type(), answer.read())
        finally:
            connection.close()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
