"""A running SageMaker for tests: its process and its clients."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import urllib3

from local_aws import daemon, environment
from local_aws.workspace import Workspace
from tests.support.conditions import conditions_of
from tests.support.conformance.functions import eventually
from tests.support.conformance.servers import client_of, processes_of
from tests.support.sagemaker.requests import BUCKET, training_request, tuning_request

T = TypeVar("T")
OVER = ("Completed", "Failed", "Stopped")


class Machine:
    """One server process in a folder of its own; `start` and `stop` may alternate."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.workspace = Workspace(root.resolve())
        (self.workspace.root / "options.json").write_text(json.dumps(options))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self.endpoint = environment.endpoint(self.port)
        self.sagemaker = self.client("sagemaker")
        self.s3 = self.client("s3")
        self.start()

    def client(self, service: str) -> Any:
        return client_of(self.endpoint, service)

    def start(self) -> None:
        with patch.object(daemon, "SERVER", "tests.support.sagemaker.serve"):
            self.server = daemon.start(self.workspace, self.port, owned=True)
        with contextlib.suppress(self.s3.exceptions.BucketAlreadyOwnedByYou):
            self.s3.create_bucket(Bucket=BUCKET)

    def stop(self) -> None:
        """End as `down` does."""
        daemon.stop(self.workspace, self.server)

    def processes(self) -> list[int]:
        """List the server's descendants and all processes that run the tiny container."""
        return [pid for pid in processes_of(self.workspace) if pid != self.server.pid]

    def events(self) -> list[dict[str, Any]]:
        path = self.workspace.root / "events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def events_of(self, name: str, job: str) -> list[dict[str, Any]]:
        """Wait for the events of a job whose name the detail has so: its start and its end."""

        def look() -> list[dict[str, Any]] | None:
            events = [event for event in self.events() if event["detail"].get(name) == job]
            return events if len(events) >= 2 else None

        return until(look)

    def conditions(self, **conditions: Any) -> contextlib.AbstractContextManager[None]:
        """Simulate faults for a while."""
        return conditions_of(self.endpoint, conditions)

    def put(self, key: str, body: str | bytes = "x") -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def archive(self, key: str) -> dict[str, str]:
        """Read the files in a tar.gz object."""
        body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            return {
                member.name: content.read().decode()
                for member in tar.getmembers()
                if (content := tar.extractfile(member)) is not None
            }

    def raw(self, operation: str, body: Any) -> tuple[int, dict[str, Any]]:
        """Send what boto3 would refuse to send."""
        answer = urllib3.request(
            "POST",
            self.endpoint,
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={
                "x-amz-target": f"SageMaker.{operation}",
                "content-type": "application/x-amz-json-1.1",
            },
        )
        return answer.status, json.loads(answer.data or b"{}")

    def tune(self, name: str, **changes: Any) -> dict[str, Any]:
        """Run a tuning job to its end and describe it."""
        self.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(name, **changes))
        return self.wait_for_tuning_job(name)

    def train(
        self,
        name: str,
        behaviour: str = "score",
        change: dict[str, Any] | None = None,
        **static: str,
    ) -> dict[str, Any]:
        """Run a training job to its end and describe it."""
        self.sagemaker.create_training_job(**training_request(name, behaviour, change, **static))
        return self.wait_for_training_job(name)

    def inspect(self, name: str, **changes: Any) -> dict[str, Any]:
        """Run a training job that reports everything it was given."""
        described = self.train(name, behaviour="inspect", change=changes)
        assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
        report = self.archive(f"training/{name}/output/output.tar.gz")["inspected.json"]
        content: dict[str, Any] = json.loads(report)
        return content

    def wait_for_tuning_job(self, name: str, *statuses: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            description: dict[str, Any] = self.sagemaker.describe_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            )
            return (
                description
                if description["HyperParameterTuningJobStatus"] in (statuses or OVER)
                else None
            )

        # Many training jobs, each in a fraction of a second: more on a machine with other work.
        return until(look, seconds=120)

    def wait_for_training_job(self, name: str, *secondary: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            description: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
            status = description["SecondaryStatus" if secondary else "TrainingJobStatus"]
            return description if status in (secondary or OVER) else None

        return until(look)

    def wait_for_metrics(self, name: str) -> None:
        until(
            lambda: self.sagemaker.describe_training_job(TrainingJobName=name).get(
                "FinalMetricDataList"
            )
        )

    def training_jobs(self, tuning_job: str, **more: Any) -> list[dict[str, Any]]:
        pages = self.sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
        return [
            row
            for page in pages.paginate(HyperParameterTuningJobName=tuning_job, **more)
            for row in page["TrainingJobSummaries"]
        ]


def until(look: Callable[[], T | None], seconds: float = 30) -> T:
    """Call `look` until it returns something."""
    value = eventually(look, bool, seconds)
    assert value is not None
    return value
