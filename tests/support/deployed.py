"""A local AWS with the whole stack on it, used as a person does: through the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from local_aws import daemon, deploy, environment
from local_aws.clients import Clients
from local_aws.workspace import REPOSITORY, Workspace

# The dataset that the schedule retunes.
RETUNED = "kept fresh"

# A lost event costs a heartbeat: not one of minutes, here. A test makes the schedule due.
SETTINGS = json.dumps(
    {
        "heartbeat_seconds": 20,
        "retuning": {"schedule": "rate(365 days)", "datasets": [RETUNED]},
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
            region_name=environment.REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    @property
    def state_machine(self) -> str:
        last = deploy.deployed(self.workspace)
        assert last is not None
        machines = self.clients.steps.list_state_machines()["stateMachines"]
        [arn] = [
            machine["stateMachineArn"]
            for machine in machines
            if machine["name"] == f"{last.stack}-run"
        ]
        return arn

    def command(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `python -m local_aws` with a command, and check its exit status."""
        return run_command(self.workspace, *arguments, status=status)

    def aws(self, *arguments: str) -> str:
        """Run the AWS CLI, unmodified, with the variables that `up` printed."""
        found = subprocess.run(
            [str(Path(sys.executable).parent / "aws"), *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(self.workspace.home), **self.variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert found.returncode == 0, found.stderr
        return found.stdout

    def json_of(self, key: str) -> Any:
        """The contents of an object of the bucket."""
        body = self.clients.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return json.loads(body)

    def keys(self, prefix: str) -> list[str]:
        pages = self.clients.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def run_command(
    workspace: Workspace, *arguments: str, status: int = 0, repository: Path = REPOSITORY
) -> subprocess.CompletedProcess[str]:
    found = subprocess.run(
        [sys.executable, "-m", "local_aws", "--root", str(workspace.root), *arguments],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert found.returncode == status, f"status {found.returncode}\n{found.stdout}\n{found.stderr}"
    assert "Traceback" not in found.stderr
    return found


def up(workspace: Workspace, repository: Path = REPOSITORY, **settings: Any) -> Deployment:
    """Start the local AWS if need be, and deploy the stack of this repository or another one."""
    chosen = json.dumps({**json.loads(SETTINGS), **settings})
    printed = run_command(workspace, "up", "--settings", chosen, repository=repository).stdout
    lines = [line.removeprefix("export ") for line in printed.splitlines()]
    return Deployment(workspace, dict(line.split("=", 1) for line in lines))
