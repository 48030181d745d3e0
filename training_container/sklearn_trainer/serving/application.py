"""The web application: SageMaker's three paths, content types, and errors as JSON."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Any, TypeAlias

from gunicorn.http.errors import ParseException
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sklearn_trainer.errors import RequestError
from sklearn_trainer.serving.predictor import JSON, TYPES, Options, Predictor, busy
from tunedrop_common.data_text import quote

log = logging.getLogger("gunicorn.error")

Environ: TypeAlias = dict[str, Any]

ATTRIBUTES_HEADER = "X-Amzn-SageMaker-Custom-Attributes"

# What a batch transform should send at once: requests of so much, over all processes.
BATCH_MEGABYTES, BATCH_TOTAL_MEGABYTES = 6, 100

# Requests at once in a process, which has some threads more, so that /ping always finds one.
WAITING, SPARE_THREADS = 12, 4

ROUTES = Map(
    [
        Rule("/ping", methods=["GET"], endpoint="ping"),
        Rule("/invocations", methods=["POST"], endpoint="invoke"),
        Rule("/execution-parameters", methods=["GET"], endpoint="describe"),
    ],
    merge_slashes=False,
)

_PIECE = 2**16
_FLAGS = {"true": True, "false": False}


class Application:
    """GET /ping, POST /invocations, GET /execution-parameters.

    Parameters
    ----------
    body_bytes
        The largest body that is taken.
    transfer_seconds
        How long a request may take to arrive, and an answer to be taken.
    processes
        How many of them answer side by side.
    probabilities
        Whether to give them when a request does not say.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        body_bytes: int,
        transfer_seconds: int,
        processes: int,
        probabilities: bool,
    ) -> None:
        self._predictor = predictor
        self._body_bytes = body_bytes
        self.transfer_seconds = transfer_seconds
        self._transforms = min(processes, BATCH_TOTAL_MEGABYTES // BATCH_MEGABYTES)
        self._probabilities = probabilities
        self._places = threading.BoundedSemaphore(WAITING)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        return self._respond(Request(environ))(environ, start_response)

    def _respond(self, request: Request) -> Response:
        try:
            return self._route(request)
        except RequestError as error:
            return _failed(error.status, error.content)
        except HTTPException as error:
            return _failed(error.code or 400, {"message": error.description or error.name})
        except Exception as error:  # reported in the log; the caller gets no trace of it
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("A request met an unexpected %s\n%s", type(error).__name__, frames)
            return _failed(
                500, {"message": "The server met an unexpected error; its log has more."}
            )

    def _route(self, request: Request) -> Response:
        answers = {"ping": self._ping, "invoke": self._invoke, "describe": self._describe}
        endpoint, _ = ROUTES.bind("").match(request.path, request.method)
        return answers[endpoint](request)

    def _ping(self, _: Request) -> Response:
        return Response(status=200)

    def _describe(self, _: Request) -> Response:
        content = {
            "MaxConcurrentTransforms": self._transforms,
            "BatchStrategy": "MultiRecord",
            "MaxPayloadInMB": BATCH_MEGABYTES,
        }
        return Response(json.dumps(content), mimetype=JSON)

    def _invoke(self, request: Request) -> Response:
        if not self._places.acquire(blocking=False):
            raise busy()
        try:
            body = self._body(request)
            options = self._options(request)
            answer = self._predictor.answer(body, options)
        finally:
            self._places.release()
        return Response(answer, mimetype=options.answer_type)

    def _options(self, request: Request) -> Options:
        content_type = _content_type(request)
        header = request.mimetype_params.get("header")
        return Options(
            content_type,
            _answer_type(request, content_type),
            header if header in ("present", "absent") else None,
            _probabilities(request, self._probabilities),
        )

    def _body(self, request: Request) -> bytes:
        stream, limit = request.environ["wsgi.input"], self._body_bytes
        try:
            body: bytes = stream.read(limit + 1)
        except TimeoutError as error:
            raise RequestError(
                "The body did not arrive in time",
                status=408,
                expected=f"all of it within {self.transfer_seconds} seconds",
            ) from error
        except (ParseException, OSError) as error:
            raise RequestError(
                "The body's chunks cannot be read", to_do="Send a complete body."
            ) from error
        if len(body) > limit:
            _discard(stream, 3 * limit)
            raise RequestError(
                "The body is too large",
                status=413,
                expected=f"at most {limit // 2**20} MiB",
                to_do="Send fewer rows at a time.",
            )
        if len(body) < (request.content_length or 0):
            raise RequestError(
                "The body is shorter than its Content-Length",
                found=f"{len(body)} bytes",
                expected=f"{request.content_length} bytes",
            )
        return body


def _discard(stream: IO[bytes], most: int) -> None:
    """Discard the rest of a body: a caller that still sends would miss the answer."""
    with suppress(ParseException, OSError):  # whatever ends it, the answer is the same
        while most > 0 and (piece := stream.read(_PIECE)):
            most -= len(piece)


def _content_type(request: Request) -> str:
    if request.mimetype not in TYPES:
        content_type = request.headers.get("Content-Type", "")
        raise RequestError(
            "The content type is not supported",
            status=415,
            found=quote(content_type),
            expected=" or ".join(TYPES),
        )
    return request.mimetype


def _answer_type(request: Request, content_type: str) -> str:
    """Return the type that the caller accepts, whatever its parameters; else what was sent."""
    accepted = [(parse_options_header(kind)[0], q) for kind, q in request.accept_mimetypes]
    if not accepted:
        return content_type
    best = MIMEAccept(accepted).best_match(sorted(TYPES, key=lambda name: name != content_type))
    if best is None:
        raise RequestError(
            "The server writes none of the accepted types",
            status=406,
            found=quote(request.headers.get("Accept", "")),
            expected=" or ".join(TYPES),
        )
    return best


def _probabilities(request: Request, default: bool) -> bool:
    """Read `probabilities=true` out of the custom attributes; others are the caller's own."""
    attributes = request.headers.get(ATTRIBUTES_HEADER, "")
    for attribute in attributes.replace(";", ",").split(","):
        name, equals, value = (part.strip().lower() for part in attribute.partition("="))
        if name == "probabilities" and equals:
            if value not in _FLAGS:
                raise RequestError(
                    "The custom attribute probabilities is neither true nor false",
                    found=quote(value),
                    expected="true or false",
                )
            return _FLAGS[value]
    return default


def _failed(status: int, content: dict[str, Any]) -> Response:
    headers = {"Retry-After": "1"} if status == 503 else {}
    return Response(json.dumps({"error": content}), status, headers, mimetype=JSON)
