"""Lambda's runtime API, of which a function in an image asks for its events.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

VERSION = "/2018-06-01/runtime"


class RuntimeApi:
    """Gives out one event, and keeps what the function answers: its kind and its body."""

    def __init__(self, event: dict[str, Any]) -> None:
        self.event = event
        self.is_given_out = threading.Event()
        self.answers: Queue[tuple[str, Any]] = Queue()
        self.address = ""


@contextmanager
def serve(event: dict[str, Any]) -> Iterator[RuntimeApi]:
    """Serve on a free port of this machine."""
    api = RuntimeApi(event)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api.address = f"127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()


def _handler(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == f"{VERSION}/invocation/next"
            if api.is_given_out.is_set():
                threading.Event().wait()  # for the next event, which never comes
            api.is_given_out.set()
            self._answer(
                200,
                api.event,
                {
                    "Lambda-Runtime-Aws-Request-Id": "request-1",
                    "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 60_000),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:::function:PlanRun",
                    "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
                    "Content-Type": "application/json",
                },
            )

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            [kind] = re.findall(rf"{VERSION}/(?:invocation/request-1|init)/(\w+)$", self.path)
            api.answers.put((kind, body))
            self._answer(202, {"status": "OK"}, {})

        def _answer(self, status: int, body: Any, headers: dict[str, str]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    return Handler
