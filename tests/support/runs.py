"""Runs as a person sees them: datasets dropped, folders of the bucket read, histories counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from sklearn.datasets import load_iris

from local_aws import ACCOUNT, REGION
from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment
from tunedrop.running.jobs import base_of

# Tuned in a few seconds, ONE by a single tuning job. SLOWER takes longer, for what has to happen in
# the meantime; Confirm has as little to do when it is stopped.
QUICK = """\
target: kind
estimators: [decision_tree, linear]
training_jobs: 10
folds: 3
"""
ONE = QUICK.replace("[decision_tree, linear]", "[linear]")
SLOWER = """\
target: kind
estimators: [linear]
training_jobs: 300
parallel_training_jobs: 2
folds: 5
"""

IRIS = str(load_iris(as_frame=True).frame.rename(columns={"target": "kind"}).to_csv(index=False))


@dataclass(frozen=True)
class Runs:
    """The runs of one dataset."""

    deployment: Deployment
    dataset: str

    def drop(self, **files: str) -> None:
        """Put files of the dataset into the bucket; `_` in a name stands for the dot."""
        for name, text in files.items():
            key = f"datasets/{self.dataset}/{name.replace('_', '.')}"
            self.deployment.put(key, text)

    def ids(self) -> list[str]:
        prefix = f"runs/{self.dataset}/"
        return sorted({key.split("/")[2] for key in self.deployment.keys(prefix)})

    def files(self, run_id: str) -> set[str]:
        prefix = f"runs/{self.dataset}/{run_id}/"
        return {key.removeprefix(prefix) for key in self.deployment.keys(prefix)}

    def read(self, run_id: str, name: str) -> Any:
        return self.deployment.json_of(f"runs/{self.dataset}/{run_id}/{name}")

    def ended(self, count: int = 1, seconds: float = 240) -> list[str]:
        """Wait until that many runs have a report or a failure, and their executions are over."""
        eventually(
            lambda: [
                run for run in self.ids() if self.files(run) & {"report.html", "failure.json"}
            ],
            lambda runs: len(runs) >= count,
            seconds,
        )
        for run_id in self.ids():
            execution = self.read(run_id, "run.json")["execution"]
            eventually(partial(self.status, execution), lambda status: status != "RUNNING", 30)
        return self.ids()

    def succeeded(self, seconds: float = 240) -> dict[str, Any]:
        """Wait for the only run; return its results."""
        [run_id] = self.ended(seconds=seconds)
        assert "report.html" in self.files(run_id), self.read(run_id, "failure.json")["message"]
        results: dict[str, Any] = self.read(run_id, "results.json")
        return results

    def failure(self, seconds: float = 240) -> dict[str, Any]:
        """Wait for the only run; return why it failed."""
        [run_id] = self.ended(seconds=seconds)
        assert "report.html" not in self.files(run_id)
        failure: dict[str, Any] = self.read(run_id, "failure.json")
        return failure

    def status(self, execution: str) -> str:
        return str(
            self.deployment.clients.steps.describe_execution(executionArn=execution)["status"]
        )

    def event(self, run_id: str) -> dict[str, Any]:
        """The event of S3 about an object of the run."""
        read = self.read(run_id, "run.json")["objects"][0]
        object_ = {"key": read["key"], "version-id": read["version_id"], "size": read["bytes"]}
        return {
            "version": "0",
            "id": str(uuid4()),
            "source": "aws.s3",
            "detail-type": "Object Created",
            "account": ACCOUNT,
            "region": REGION,
            "time": read["last_modified"],
            "resources": [f"arn:aws:s3:::{self.deployment.bucket}"],
            "detail": {"bucket": {"name": self.deployment.bucket}, "object": object_},
        }

    def executions(self) -> list[str]:
        """The names of all executions of this dataset's runs."""
        pages = self.deployment.clients.steps.get_paginator("list_executions").paginate(
            stateMachineArn=self.deployment.state_machine
        )
        readable = re.sub(r"[^A-Za-z0-9_-]", "-", self.dataset)
        names = [execution["name"] for page in pages for execution in page["executions"]]
        return [name for name in names if name.startswith(f"{readable}-2")]

    def states(self, run_id: str) -> list[str]:
        """The states that the run's execution entered, in order."""
        execution = self.read(run_id, "run.json")["execution"]
        pages = self.deployment.clients.steps.get_paginator("get_execution_history").paginate(
            executionArn=execution
        )
        return [
            event["stateEnteredEventDetails"]["name"]
            for page in pages
            for event in page["events"]
            if "stateEnteredEventDetails" in event
        ]

    def tuning_jobs(self, run_id: str) -> list[str]:
        """The tuning jobs as SageMaker calls them: their latest attempts."""
        requests = [name for name in self.files(run_id) if name.endswith(".request.json")]
        names = (name.removeprefix("jobs/").removesuffix(".request.json") for name in requests)
        latest = {base_of(name): name for name in sorted(names, key=len)}
        planned = self.read(run_id, "plan.json")["tuning_jobs"]
        return [latest.get(job["name"], job["name"]) for job in planned]

    def tuning(self) -> tuple[str, str]:
        """Wait until a tuning job has finished a training job; return the run and the job."""
        [run_id] = eventually(self.planned, bool, 60)
        [job] = self.tuning_jobs(run_id)

        def completed() -> int:
            answer = self.deployment.clients.sagemaker.list_hyper_parameter_tuning_jobs(
                NameContains=job
            )["HyperParameterTuningJobSummaries"]
            return answer[0]["TrainingJobStatusCounters"]["Completed"] if answer else 0

        eventually(completed, bool, 60)
        [attempt] = self.tuning_jobs(run_id)
        return run_id, attempt

    def planned(self) -> list[str]:
        return [run_id for run_id in self.ids() if "plan.json" in self.files(run_id)]


@dataclass(frozen=True)
class Tuned:
    """A dataset's first run, after its end.

    Parameters
    ----------
    table
        The training rows, as CSV.
    """

    runs: Runs
    run_id: str
    results: dict[str, Any]
    table: str


def nothing_is_running(deployment: Deployment) -> bool:
    """Whether no training job is left running, and nobody waits for one."""
    jobs = deployment.clients.sagemaker.list_training_jobs(StatusEquals="InProgress")
    return not jobs["TrainingJobSummaries"] and not deployment.keys("callbacks/")
