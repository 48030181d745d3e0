"""The one HTTP door: SageMaker's requests go to our service, all others to MiniStack.

A browser is kept out: a page of the internet could otherwise reach the local buckets and Lambdas.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from local_aws.calls import Calls
from local_aws.conditions import CurrentConditions, parse
from local_aws.errors import UsageError
from local_aws.ministack import events

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# (target, body) -> (status, headers, body), blocking.
Answer = tuple[int, dict[str, str], bytes]
SageMakerHandler = Callable[[str, bytes], Answer]

HEALTH_PATH = "/_local_aws/health"
EVENTS_PATH = "/_local_aws/events"
CONDITIONS_PATH = "/_local_aws/conditions"
CALLS_PATH = "/_local_aws/calls"

_SAGEMAKER_TARGET = "SageMaker."
_LOCAL_HOSTS = ("127.0.0.1", "localhost")


def app(
    ministack: Application,
    sagemaker: SageMakerHandler,
    conditions: CurrentConditions,
    calls: Calls,
    on_start: Callable[[], None],
) -> Application:
    """Return the ASGI application of the server.

    `on_start` is called from a thread of its own once MiniStack has loaded its state.
    """

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await ministack(scope, receive, _telling_start(send, on_start))
            return
        if scope["type"] != "http":
            await ministack(scope, receive, send)
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        target = headers.get(b"x-amz-target", "")
        if not _is_local(headers):
            await _send(send, 403, {}, b"The local AWS answers programs of this machine only.\n")
        elif target.startswith(_SAGEMAKER_TARGET):
            body = await _body(receive)
            _record(calls, scope, headers, body)
            await _send(send, *await asyncio.to_thread(sagemaker, target, body))
        elif scope["path"] == HEALTH_PATH:
            await _send(send, 200, {}, health(os.getpid()))
        elif scope["path"] == EVENTS_PATH and scope["method"] == "POST":
            await _emit(await _body(receive), send)
        elif scope["path"] == CONDITIONS_PATH and scope["method"] in ("GET", "PUT"):
            wanted = await _body(receive) if scope["method"] == "PUT" else None
            await _send(send, *_conditions(conditions, wanted))
        elif scope["path"] == CALLS_PATH:
            await _send(send, 200, {"content-type": "application/json"}, calls.as_json())
        else:
            if _needs_body(headers):
                body = await _body(receive)
                receive = _again(body)
            else:
                body = b""
            _record(calls, scope, headers, body)
            await ministack(scope, receive, send)

    return route


def health(pid: int) -> bytes:
    """Return what the server with this process id answers under HEALTH_PATH."""
    return f"local_aws {pid}\n".encode()


def _is_local(headers: dict[bytes, str]) -> bool:
    """Tell AWS clients from web pages: those send an Origin, or a Host which was rebound to us."""
    host = headers.get(b"host", "").rsplit(":", 1)[0]
    return b"origin" not in headers and (
        host in _LOCAL_HOSTS or host.endswith((".localhost", ".127.0.0.1"))
    )


async def _emit(body: bytes, send: Send) -> None:
    """Deliver an event, written as EventBridge delivers it, once more or for the first time."""
    try:
        await asyncio.to_thread(events.emit, json.loads(body))
    except (ValueError, KeyError, TypeError) as error:
        await _send(send, 400, {}, f"Not an event of an AWS service: {error!r}\n".encode())
    else:
        await _send(send, 200, {}, b"")


def _telling_start(send: Send, on_start: Callable[[], None]) -> Send:
    async def tell(message: MutableMapping[str, Any]) -> None:
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            threading.Thread(target=on_start, name="on-start", daemon=True).start()

    return tell


def _needs_body(headers: dict[bytes, str]) -> bool:
    """Whether a small body says what is asked for; S3's contents do not."""
    kind = headers.get(b"content-type", "")
    return "x-amz-json" in kind or "x-www-form-urlencoded" in kind


def _again(body: bytes) -> Receive:
    """Give a body that was read already."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        return left.pop() if left else {"type": "http.disconnect"}

    return receive


def _record(calls: Calls, scope: Scope, headers: dict[bytes, str], body: bytes) -> None:
    named = {name.decode("latin-1"): value for name, value in headers.items()}
    query = scope["query_string"].decode("latin-1")
    calls.add_request(scope["method"], scope["path"], query, named, body)


def _conditions(current: CurrentConditions, wanted: bytes | None) -> Answer:
    """Set other conditions, if any are wanted, and answer with those that hold now."""
    if wanted is not None:
        try:
            current.change(parse(wanted))
        except UsageError as error:
            return 400, {}, f"{error}\n".encode()
    return 200, {"content-type": "application/json"}, current.now.model_dump_json().encode()


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
