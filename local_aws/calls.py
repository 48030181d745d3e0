"""A record of AWS calls and their callers, as IAM names them, to compare with the roles' policies.

The local AWS checks no permission; the access key names the caller (a Lambda's is the name of its
function). `GET /_local_aws/calls` lists every distinct call, for tests that compare them with
what the template allows.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from local_aws import ACCOUNT, REGION

# The caller of what SageMaker and training code do with the role of the training jobs.
TRAINING_JOBS = "training-jobs"

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_NO_RESOURCE = "*"

# What policies may look at beside the action and the resource.
_CONTEXT = {"iam:PassRole": (("iam:PassedToService", "sagemaker.amazonaws.com"),)}

Permission = tuple[str, str]

_ARN = "arn:aws:s3:::"


@dataclass(frozen=True)
class Call:
    """One thing that IAM would decide on."""

    caller: str
    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


class Calls:
    """Every distinct call so far; thread-safe."""

    def __init__(self) -> None:
        self._calls: dict[Call, None] = {}
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Record a call."""
        with self._lock:
            self._calls[call] = None

    def add_request(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Record what a request requires; ignore one without credentials."""
        credential = read_credential(headers)
        if credential is None:
            return
        if credential["service"] == "s3":
            members = parse_qs(query, keep_blank_values=True)
            permissions = _of_s3_request(method, unquote(path), members, headers, body)
        else:
            permissions = _of_operation(credential["service"], headers, body)
        for action, resource in permissions:
            context = _CONTEXT.get(action) or _sources_of_events(action, body)
            self.add(Call(credential["key"], action, resource, context))

    def as_json(self) -> bytes:
        """List all calls: caller, action, resource, and the values for conditions."""
        with self._lock:
            calls = list(self._calls)
        rows = [[call.caller, call.action, call.resource, dict(call.context)] for call in calls]
        return json.dumps(rows).encode()


def read_credential(headers: Mapping[str, str]) -> re.Match[str] | None:
    """Return the key, region and service of a signed request."""
    return _CREDENTIAL.search(headers.get("authorization", ""))


def _of_operation(service: str, headers: Mapping[str, str], body: bytes) -> Iterator[Permission]:
    target = headers.get("x-amz-target")
    if target is None:
        form = parse_qs(body.decode("utf-8", "replace"))
        action = form.get("Action", ["unknown"])[0]
        yield f"{service}:{action}", form.get("TopicArn", [_NO_RESOURCE])[0]
        return
    operation = target.rpartition(".")[2]
    if service == "sqs":
        # SendMessageBatch is allowed by sqs:SendMessage, and so are the others:
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
        operation = operation.removesuffix("Batch")
    request = _parse(body)
    resource = _resource(service, request)
    yield f"{service}:{operation}", resource
    if service == "sagemaker" and operation.startswith("Create"):
        if request.get("Tags"):
            yield "sagemaker:AddTags", resource
        for role in _roles(request):
            yield "iam:PassRole", role


def _sources_of_events(action: str, body: bytes) -> tuple[tuple[str, str], ...]:
    entries = _parse(body)["Entries"] if action == "events:PutEvents" else ()
    return tuple(("events:source", str(entry.get("Source"))) for entry in entries)


def _resource(service: str, request: Mapping[str, Any]) -> str:
    prefix = f"arn:aws:{service}:{REGION}:{ACCOUNT}"
    if "HyperParameterTuningJobName" in request:
        name = str(request["HyperParameterTuningJobName"]).lower()
        return f"{prefix}:hyper-parameter-tuning-job/{name}"
    if "TrainingJobName" in request:
        return f"{prefix}:training-job/{str(request['TrainingJobName']).lower()}"
    if "logGroupName" in request:
        stream = f":log-stream:{request['logStreamName']}" if "logEvents" in request else ""
        return f"{prefix}:log-group:{request['logGroupName']}{stream}"
    for member in ("ResourceArn", "executionArn", "stateMachineArn", "TopicArn"):
        if member in request:
            return str(request[member])
    if service == "events" and "Entries" in request:
        buses = {entry.get("EventBusName", "default") for entry in request["Entries"]}
        return f"{prefix}:event-bus/{','.join(sorted(buses))}"
    if "QueueUrl" in request:
        return f"{prefix}:{str(request['QueueUrl']).rpartition('/')[2]}"
    return _NO_RESOURCE


def _parse(body: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(body or b"{}"))
    except (ValueError, TypeError):
        return {}


def _roles(request: Mapping[str, Any]) -> set[str]:
    """Return the roles that a request passes to SageMaker."""
    definitions = [request, request.get("TrainingJobDefinition") or {}]
    return {str(item["RoleArn"]) for item in definitions if "RoleArn" in item}


def _of_s3_request(
    method: str, path: str, query: Collection[str], headers: Mapping[str, str], body: bytes
) -> Iterator[Permission]:
    """Yield actions with their resources; other requests are actions that no policy has."""
    bucket, _, key = path.lstrip("/").partition("/")
    resource = f"{_ARN}{bucket}/{key}"
    version = "Version" if "versionId" in query else ""
    if not key:
        yield from _of_bucket(method, bucket, query, body)
    elif "tagging" in query:
        yield f"s3:{method.title()}ObjectTagging", resource
    elif method in ("GET", "HEAD"):
        yield f"s3:GetObject{version}", resource
    elif method == "DELETE":
        is_upload = "uploadId" in query
        yield "s3:AbortMultipartUpload" if is_upload else f"s3:DeleteObject{version}", resource
    else:
        yield "s3:PutObject", resource
        if "x-amz-tagging" in headers:
            yield "s3:PutObjectTagging", resource
        if source := headers.get("x-amz-copy-source"):
            name, _, version = unquote(source).lstrip("/").partition("?versionId=")
            yield f"s3:GetObject{'Version' if version else ''}", f"{_ARN}{name}"


def _of_bucket(
    method: str, bucket: str, query: Collection[str], body: bytes
) -> Iterator[Permission]:
    if method == "HEAD" or "list-type" in query:
        yield "s3:ListBucket", f"{_ARN}{bucket}"
    elif method == "POST" and "delete" in query:
        for key in re.findall(rb"<Key>(.*?)</Key>", body):
            yield "s3:DeleteObject", f"{_ARN}{bucket}/{key.decode()}"
    else:
        yield f"s3:{method}Bucket", f"{_ARN}{bucket}"
