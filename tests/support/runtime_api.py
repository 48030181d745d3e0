"""Lambda's runtime API, of which a function in an image asks for its events.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

Answers = Queue[tuple[str, Any]]


@contextmanager
def serve(event: dict[str, Any]) -> Iterator[tuple[str, Answers]]:
    """Give out one event at an address, and collect the kinds and bodies of the answers."""
    events, answers = Queue[dict[str, Any]](), Answers()
    events.put(event)

    @Request.application
    def answer(request: Request) -> Response:
        if request.method == "POST":
            answers.put((request.path.rpartition("/")[2], request.json))
            return Response('{"status": "OK"}', 202)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": "request-1",
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 60_000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:::function:PlanRun",
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        }
        # There is one event: a function that asks for the next one waits.
        return Response(json.dumps(events.get()), headers=headers, mimetype="application/json")

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.port}", answers
    finally:
        server.shutdown()
        server.server_close()
