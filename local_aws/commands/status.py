"""`status`: what is up, what runs on it, and what ran lately."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import datetime

from local_aws import daemon, deploy
from local_aws.clients import Clients
from local_aws.deploy import Stack
from local_aws.workspace import Workspace

_LATEST = 10


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `status` to the command line."""
    parser = commands.add_parser(
        "status",
        help="show what is up and what runs",
        description="Shows the endpoint, the stack, the latest runs and the jobs in progress."
        " The exit status is 3 when the local AWS is not running.",
    )
    parser.set_defaults(execute=execute)


def execute(_arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Run the command; return its exit status."""
    server = daemon.find(workspace)
    if server is None:
        print("The local AWS is not running. Start it: python -m local_aws up")
        return 3
    print(f"Endpoint: {server.endpoint} (process {server.pid}, log {workspace.log})")
    clients = Clients(server.port)
    last = deploy.deployed(workspace)
    found = deploy.find(clients, last.stack) if last else None
    if found is None:
        print("Stack: not deployed yet")
        return 0
    print(f"Stack: {found.name}, bucket {found.bucket}")
    for title, lines in (
        ("Runs", _runs(clients, found)),
        ("Tuning jobs in progress", _tuning_jobs(clients)),
        ("Training jobs in progress", _training_jobs(clients)),
    ):
        print(f"{title}:")
        for line in list(lines) or ["none"]:
            print(f"  {line}")
    return 0


def _runs(clients: Clients, found: Stack) -> Iterable[str]:
    executions = clients.steps.list_executions(
        stateMachineArn=found.state_machine, maxResults=_LATEST
    )["executions"]
    for entry in executions:
        yield f"{_time(entry['startDate'])}  {entry['status']:<9}  {entry['name']}"


def _tuning_jobs(clients: Clients) -> Iterable[str]:
    for job in clients.sagemaker.list_hyper_parameter_tuning_jobs(StatusEquals="InProgress")[
        "HyperParameterTuningJobSummaries"
    ]:
        counters = job["TrainingJobStatusCounters"]
        yield (
            f"{job['HyperParameterTuningJobName']}: {counters.get('Completed', 0)} training jobs"
            f" done, {counters.get('InProgress', 0)} running"
        )


def _training_jobs(clients: Clients) -> Iterable[str]:
    for job in clients.sagemaker.list_training_jobs(StatusEquals="InProgress")[
        "TrainingJobSummaries"
    ]:
        yield f"{job['TrainingJobName']}, since {_time(job['CreationTime'])}"


def _time(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
