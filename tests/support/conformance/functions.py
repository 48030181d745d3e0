"""A Lambda function for the conformance tests, and state machines around it."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.support.conformance.servers import LocalAws

T = TypeVar("T")

SOURCE = """
import json, logging, os, signal, subprocess, sys, time

import boto3


class DataQualityError(Exception):
    pass


def put_token(event):
    boto3.client("s3").put_object(
        Bucket=event["bucket"], Key=f"tokens/{event['execution']}/{time.time_ns()}",
        Body=event["token"].encode())


def handler(event, context):
    mode = event.get("mode")
    if "token" in event:
        put_token(event)
    if mode == "raise":
        raise DataQualityError("row 7 has no label")
    if mode == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "exit":
        sys.exit(3)
    if mode == "log":
        logging.getLogger("tests").warning("written by %s", "logging")
        print("written by print")
    if mode == "sleep":
        time.sleep(event["seconds"])
    if mode == "await":
        s3 = boto3.client("s3")
        while not s3.list_objects_v2(Bucket=event["bucket"], Prefix="go")["KeyCount"]:
            time.sleep(0.1)
    if mode == "import":
        return __import__(event["module"]).__file__
    if mode == "path":
        return {"path": sys.path, "cwd": os.getcwd(), "environment": sorted(os.environ)}
    return event
"""


def archive(source: str = SOURCE) -> bytes:
    """A deployment package with one module, `function`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("function.py", source)
    return content.getvalue()


class HasClients(Protocol):
    """A local AWS of any kind."""

    def client(self, service: str) -> Any:
        """Make a boto3 client of it."""


def create_function(
    local_aws: HasClients, name: str, source: str = SOURCE, *, timeout: int = 20
) -> str:
    """Create a Python function; return its ARN."""
    arn: str = local_aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="function.handler",
        Role="arn:aws:iam::000000000000:role/tests",
        Code={"ZipFile": archive(source)},
        Timeout=timeout,
    )["FunctionArn"]
    return arn


def invoke(local_aws: HasClients, function: str, **event: Any) -> dict[str, Any]:
    """Call a function; return the kind of its error, and its payload."""
    answer = local_aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return {"error": answer.get("FunctionError"), "payload": json.load(answer["Payload"])}


@dataclass(frozen=True)
class Outcome:
    """How an execution ended."""

    status: str
    seconds: float
    output: Any


class Machines:
    """Makes state machines and runs them."""

    def __init__(self, local_aws: LocalAws, function: str, bucket: str) -> None:
        self.client = local_aws.client
        self.steps = local_aws.client("stepfunctions")
        self.s3 = local_aws.client("s3")
        self.function = function
        self.bucket = bucket

    def callback(self, payload: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """A Task state which stores its token in the bucket and waits for it."""
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {
                "FunctionName": self.function,
                "Payload": {
                    "bucket": self.bucket,
                    "execution.$": "$$.Execution.Name",
                    "token.$": "$$.Task.Token",
                    **(payload or {}),
                },
            },
            "End": True,
            **fields,
        }

    def recorded(self, payload: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A Task state which leaves an object behind for each time that it was started."""
        callback = self.callback({"token": "started", **payload}, **fields)
        parameters = callback["Parameters"]["Payload"]
        del parameters["token.$"]
        return {**callback, "Resource": self.function, "Parameters": parameters}

    def map_of(self, states: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """The only state of a machine: a Map of these states over the items of its input."""
        processor = {"StartAt": next(iter(states)), "States": states}
        map_ = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True}
        return {"M": {**map_, **fields}}

    def create(self, states: dict[str, Any], **fields: Any) -> str:
        definition = {"StartAt": next(iter(states)), "States": states, **fields}
        arn: str = self.steps.create_state_machine(
            name=f"m{uuid4().hex[:12]}",
            definition=json.dumps(definition),
            roleArn="arn:aws:iam::000000000000:role/tests",
        )["stateMachineArn"]
        return arn

    def start(self, states: dict[str, Any], input_: Any = None, **fields: Any) -> str:
        arn: str = self.steps.start_execution(
            stateMachineArn=self.create(states, **fields), input=json.dumps(input_ or {})
        )["executionArn"]
        return arn

    def wait(self, execution: str, seconds: float = 90.0) -> Outcome:
        started = time.monotonic()
        while True:
            description = self.steps.describe_execution(executionArn=execution)
            if description["status"] != "RUNNING":
                break
            assert time.monotonic() - started < seconds, f"{execution} is still running"
            time.sleep(0.05)
        return Outcome(
            status=description["status"],
            seconds=(description["stopDate"] - description["startDate"]).total_seconds(),
            output=json.loads(description["output"]) if description.get("output") else None,
        )

    def run(self, states: dict[str, Any], input_: Any = None, **fields: Any) -> Outcome:
        return self.wait(self.start(states, input_, **fields))

    def tokens(self, execution: str, count: int = 1) -> list[str]:
        """The first tokens that an execution's callback states stored."""
        prefix = f"tokens/{execution.rsplit(':', 1)[1]}/"
        return eventually(
            lambda: [
                self.s3.get_object(Bucket=self.bucket, Key=item["Key"])["Body"].read().decode()
                for item in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get(
                    "Contents", []
                )
            ],
            lambda tokens: len(tokens) >= count,
        )


@contextmanager
def rejected(code: str) -> Iterator[pytest.ExceptionInfo[ClientError]]:
    """Expect that AWS rejects a request with this code."""
    with pytest.raises(ClientError) as error:
        yield error
    assert error.value.response["Error"]["Code"] == code


def eventually(
    look: Callable[[], T],
    enough: Callable[[T], bool],
    seconds: float = 60.0,
    *,
    pause: float = 0.05,
) -> T:
    """What `look` returns as soon as it is enough; `pause` is longer for a look that costs more."""
    deadline = time.monotonic() + seconds
    while not enough(value := look()):
        assert time.monotonic() < deadline, f"Not in {seconds} s; last seen: {value!r}"
        time.sleep(pause)
    return value
