"""The HTTP endpoint: SageMaker's requests go to our service, others to MiniStack.

Browsers are rejected: a web page could otherwise reach the local buckets and Lambdas.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from local_aws import UsageError
from local_aws.calls import Calls, read_credential
from local_aws.conditions import CurrentConditions, parse
from local_aws.ministack import events

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# (target, body) -> (status, headers, body), blocking.
Answer = tuple[int, dict[str, str], bytes]
SageMakerHandler = Callable[[str, bytes], Answer]

# Below it are the answers of `_own`, beside AWS's own APIs.
OWN = "/_local_aws/"

_JSON = {"content-type": "application/json"}

_SAGEMAKER_TARGET = "SageMaker."
# There is no price list. MiniStack would load all its services before it answers so, for seconds.
_PRICES_TARGET = "AWSPriceListService."
_NO_PRICES: Answer = (
    400,
    {"content-type": "application/x-amz-json-1.1"},
    b'{"__type": "NotFoundException", "Message": "The local AWS has no price list."}',
)
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
            send = _announce_start(send, on_start)
        if scope["type"] != "http":
            await ministack(scope, receive, send)
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        method, path, target = scope["method"], scope["path"], headers.get("x-amz-target", "")
        if not _is_local(headers):
            reason = b"The local AWS answers programs of this machine only.\n"
            await _send(send, (403, {}, reason))
            return
        if path.startswith(OWN):
            body = await _body(receive)
            answer = await asyncio.to_thread(_own, conditions, calls, method, path, body)
            await _send(send, answer)
            return
        credential = read_credential(headers)
        if credential is not None and conditions.is_out(credential["service"]):
            await _send(send, (503, {}, b""))
            return
        is_small = target.startswith(_SAGEMAKER_TARGET) or _needs_body(headers)
        body = await _body(receive) if is_small else b""
        calls.add_request(method, path, scope["query_string"].decode("latin-1"), headers, body)
        if target.startswith(_SAGEMAKER_TARGET):
            await _send(send, await asyncio.to_thread(sagemaker, target, body))
        elif target.startswith(_PRICES_TARGET):
            await _send(send, _NO_PRICES)
        else:
            await ministack(scope, _replay(body) if is_small else receive, send)

    return route


def _own(
    conditions: CurrentConditions, calls: Calls, method: str, path: str, body: bytes
) -> Answer:
    """Answer a request to the local AWS itself."""
    match method, path.removeprefix(OWN):
        case "GET", "health":
            return 200, {}, health(os.getpid())
        case "GET", "calls":
            return 200, _JSON, calls.as_json()
        case "GET", "conditions":
            return 200, _JSON, conditions.now.model_dump_json().encode()
        case "PUT", "conditions":
            try:
                conditions.change(parse(body))
            except UsageError as error:
                return 400, {}, f"{error}\n".encode()
            return 200, _JSON, conditions.now.model_dump_json().encode()
        case "POST", "events":
            try:
                events.emit(json.loads(body))
            except (ValueError, KeyError, TypeError) as error:
                return 400, {}, f"Not an event of an AWS service: {error!r}\n".encode()
            return 200, {}, b""
        case _:
            return 404, {}, f"The local AWS has no {method} {path}.\n".encode()


def health(pid: int) -> bytes:
    """Return what the server with this process id answers to `health`."""
    return f"local_aws {pid}\n".encode()


def _is_local(headers: Mapping[str, str]) -> bool:
    """Return whether a request is not of a web page: those send an Origin, or a rebound Host."""
    host = headers.get("host", "").rsplit(":", 1)[0]
    return "origin" not in headers and (
        host in _LOCAL_HOSTS or host.endswith((".localhost", ".127.0.0.1"))
    )


def _announce_start(send: Send, on_start: Callable[[], None]) -> Send:
    async def tell(message: MutableMapping[str, Any]) -> None:
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            threading.Thread(target=on_start, name="on-start", daemon=True).start()

    return tell


def _needs_body(headers: Mapping[str, str]) -> bool:
    """Return whether the body names the operation; S3's contents do not."""
    kind = headers.get("content-type", "")
    return "x-amz-json" in kind or "x-www-form-urlencoded" in kind


def _replay(body: bytes) -> Receive:
    """Return a channel that yields a body that was read already."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, answer: Answer) -> None:
    status, headers, body = answer
    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
