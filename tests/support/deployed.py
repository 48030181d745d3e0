"""A local AWS with the whole stack on it, used as a person does: through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import urllib3

from local_aws import REGION, daemon, deploy
from local_aws.environment import Clients
from local_aws.workspace import REPOSITORY, Workspace
from tests.support.conditions import conditions_of
from tests.support.conformance.servers import processes_of

# The dataset that the schedule retunes.
RETUNED = "kept fresh"

# A lost event costs a heartbeat: not one of minutes, here. A test makes the schedule due. The files
# of a dataset follow each other well within the seconds in which it has to be at rest.
QUIET_PERIOD_SECONDS = 3
SETTINGS = json.dumps(
    {
        "quiet_period_seconds": QUIET_PERIOD_SECONDS,
        "heartbeat_seconds": 20,
        "run_timeout_seconds": 3600,
        "retuning": [
            {"name": "rarely", "expression": "rate(365 days)", "datasets": [f"{RETUNED[:-1]}?"]}
        ],
        # A short explanation: what is in a whole one is tested in the container.
        "report": {"explanation_time_ratio": 0.1},
    }
)


@dataclass(frozen=True)
class Deployment:
    """A running local AWS with the stack, and ways to use it."""

    workspace: Workspace
    variables: dict[str, str]

    @property
    def bucket(self) -> str:
        return self.variables["TUNEDROP_BUCKET"]

    @cached_property
    def clients(self) -> Clients:
        server = daemon.find(self.workspace)
        assert server is not None
        return Clients(server.port)

    def client(self, service: str) -> Any:
        """A boto3 client of the local AWS."""
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    @property
    def stack(self) -> str:
        last = deploy.read_deployed(self.workspace)
        assert last is not None
        return last.stack

    @property
    def state_machine(self) -> str:
        [machine] = self.clients.steps.list_state_machines()["stateMachines"]
        assert machine["name"] == f"{self.stack}-run"
        return machine["stateMachineArn"]

    def invoke(self, function: str, **event: Any) -> Any:
        """Call a Lambda as a person does; return its answer."""
        answer = self.client("lambda").invoke(
            FunctionName=f"{self.stack}-{function}", Payload=json.dumps(event)
        )
        payload = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        return payload

    def kill(self, function: str) -> None:
        """Kill the processes of a Lambda."""
        marker = f"ministack-lambda-{self.stack}-{function}-".encode()
        workers = [
            pid
            for pid in processes_of(self.workspace)
            if marker in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        assert workers
        for pid in workers:
            os.kill(pid, signal.SIGKILL)

    def deliver(self, event: dict[str, Any]) -> None:
        """Deliver an event of an AWS service, as EventBridge does."""
        url = f"{self.variables['AWS_ENDPOINT_URL']}/_local_aws/events"
        answer = urllib3.request("POST", url, json=event)
        assert answer.status < 300, answer.data

    def send(self, message: dict[str, Any]) -> None:
        """Put a message into the queue Arrivals, as its rules and the schedule do."""
        self.client("sqs").send_message(
            QueueUrl=self.queue("Arrivals"), MessageBody=json.dumps(message), DelaySeconds=0
        )

    def queue(self, name: str) -> str:
        """The URL of a queue of the stack."""
        [url] = self.client("sqs").list_queues(QueueNamePrefix=f"{self.stack}-{name}")["QueueUrls"]
        return str(url)

    def nothing_arrives(self) -> bool:
        """Whether no message waits in Arrivals, and none is being checked."""
        return self.is_empty("Arrivals")

    def is_empty(self, queue: str) -> bool:
        """Whether a queue of the stack has no message."""
        names = ["", "NotVisible", "Delayed"]
        numbers = self.client("sqs").get_queue_attributes(
            QueueUrl=self.queue(queue),
            AttributeNames=[f"ApproximateNumberOfMessages{name}" for name in names],
        )["Attributes"]
        return not any(map(int, numbers.values()))

    def conditions(self, **conditions: Any) -> AbstractContextManager[None]:
        """Simulate faults for a while (docs/local-aws.md)."""
        return conditions_of(self.variables["AWS_ENDPOINT_URL"], conditions)

    def state(self) -> dict[str, Any]:
        """What Admit knows: who has a slot, who waits."""
        return dict(self.json_of("admission/state.json"))

    def command(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `python -m local_aws` with a command, and check its exit status."""
        return run_command(self.workspace, *arguments, status=status)

    def aws(self, *arguments: str) -> str:
        """Run the AWS CLI, unmodified, with the variables that `up` printed."""
        process = subprocess.run(
            [str(Path(sys.executable).parent / "aws"), *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(self.workspace.home), **self.variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert process.returncode == 0, process.stderr
        return process.stdout

    def json_of(self, key: str) -> Any:
        """The contents of an object of the bucket."""
        return json.loads(self.read(key))

    def read(self, key: str) -> str:
        """The text of an object of the bucket."""
        return self.clients.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()

    def put(self, key: str, text: str) -> None:
        """Write an object of the bucket."""
        self.clients.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def keys(self, prefix: str) -> list[str]:
        pages = self.clients.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def run_command(
    workspace: Workspace, *arguments: str, status: int = 0, repository: Path = REPOSITORY
) -> subprocess.CompletedProcess[str]:
    process = subprocess.run(
        [sys.executable, "-m", "local_aws", "--root", str(workspace.root), *arguments],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert process.returncode == status, (
        f"status {process.returncode}\n{process.stdout}\n{process.stderr}"
    )
    assert "Traceback" not in process.stderr
    return process


def up(workspace: Workspace, repository: Path = REPOSITORY, **settings: Any) -> Deployment:
    """Start the local AWS if need be, and deploy the stack of this repository or another one."""
    chosen = json.dumps({**json.loads(SETTINGS), **settings})
    printed = run_command(workspace, "up", "--settings", chosen, repository=repository).stdout
    lines = [line.removeprefix("export ") for line in printed.splitlines()]
    return Deployment(workspace, dict(line.split("=", 1) for line in lines))


@contextmanager
def deployed(folder: Path, **settings: Any) -> Iterator[Deployment]:
    """Deploy the stack on a local AWS of its own for a while."""
    workspace = Workspace(folder)
    try:
        yield up(workspace, **settings)
    finally:
        run_command(workspace, "down")
