"""An AWS with one finished run of as many training jobs as wanted, over HTTP, in a thread.

It answers S3 and the SageMaker calls that reports make, in pages of AWS's size and with training
jobs as long as AWS's, and counts them. Clients find it by AWS_ENDPOINT_URL.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE_SIZE = 100
MODIFIED = "Mon, 23 Nov 2026 12:00:00 GMT"

_S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass
class Aws:
    """The contents, and what was asked for."""

    objects: dict[str, bytes] = field(default_factory=dict)
    tuning_job: Mapping[str, Any] = field(default_factory=dict)
    summaries: Sequence[Mapping[str, Any]] = ()
    found: Sequence[Mapping[str, Any]] = ()
    calls: Counter[str] = field(default_factory=Counter)

    def serve(self) -> str:
        """Answer from now on, until the process ends; return the endpoint."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    def sagemaker(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer a call of SageMaker."""
        if operation == "DescribeHyperParameterTuningJob":
            return self.tuning_job
        if operation == "ListTrainingJobsForHyperParameterTuningJob":
            return _page("TrainingJobSummaries", self.summaries, request)
        if operation == "Search":
            return _page("Results", self.found, request)
        raise NotImplementedError(operation)


def _page(
    name: str, entries: Sequence[Mapping[str, Any]], request: Mapping[str, Any]
) -> Mapping[str, Any]:
    start = int(request.get("NextToken") or 0)
    end = start + min(int(request.get("MaxResults") or PAGE_SIZE), PAGE_SIZE)
    token = {"NextToken": str(end)} if end < len(entries) else {}
    return {name: entries[start:end], **token}


def _handler(aws: Aws) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            aws.calls[operation] += 1
            answer = aws.sagemaker(operation, json.loads(self._body()))
            self._send(200, json.dumps(answer).encode(), "application/x-amz-json-1.1")

        def do_GET(self) -> None:
            key = self._key()
            if not key:
                self._send(200, _listing(aws.objects, parse_qs(urlsplit(self.path).query)))
            elif key in aws.objects:
                self._send(200, aws.objects[key])
            else:
                self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")

        def do_HEAD(self) -> None:
            body = aws.objects.get(self._key())
            self._send(404 if body is None else 200, body or b"", send_body=False)

        def do_PUT(self) -> None:
            body, source = self._body(), self.headers["x-amz-copy-source"]
            if source is not None:
                key = unquote(source).partition("?")[0].lstrip("/").partition("/")[2]
                aws.objects[self._key()] = aws.objects[key]
                etag = '<CopyObjectResult><ETag>"etag"</ETag></CopyObjectResult>'
                self._send(200, etag.encode())
            elif self.headers["If-None-Match"] and self._key() in aws.objects:
                self._send(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            else:
                aws.objects[self._key()] = body
                self._send(200, b"")

        def _key(self) -> str:
            path = unquote(urlsplit(self.path).path).lstrip("/")
            return path.partition("/")[2]

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers["Content-Length"] or 0))

        def _send(
            self, status: int, body: bytes, kind: str = "application/xml", send_body: bool = True
        ) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", kind)
            self.send_header("ETag", '"etag"')
            self.send_header("Last-Modified", MODIFIED)
            self.end_headers()
            if send_body:
                self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    return Handler


def _listing(objects: Mapping[str, bytes], query: Mapping[str, list[str]]) -> bytes:
    """Answer ListObjectsV2, in one page."""
    prefix, delimiter = (query.get(name, [""])[0] for name in ("prefix", "delimiter"))
    keys = [key for key in sorted(objects) if key.startswith(prefix)]
    folders = {_folder(key, prefix, delimiter) for key in keys} - {""}
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-23T12:00:00.000Z</LastModified>"
        f'<ETag>"etag"</ETag><Size>{len(objects[key])}</Size></Contents>'
        for key in keys
        if not _folder(key, prefix, delimiter)
    )
    common = "".join(
        f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>"
        for folder in sorted(folders)
    )
    return (
        f'<ListBucketResult xmlns="{_S3_NAMESPACE}"><IsTruncated>false</IsTruncated>'
        f"{contents}{common}</ListBucketResult>"
    ).encode()


def _folder(key: str, prefix: str, delimiter: str) -> str:
    rest = key.removeprefix(prefix)
    inside = bool(delimiter) and delimiter in rest
    return prefix + rest.partition(delimiter)[0] + delimiter if inside else ""
