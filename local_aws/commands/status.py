"""`status`: what is up, and what runs on it."""

from __future__ import annotations

import argparse

from local_aws import daemon, deploy
from local_aws.environment import Clients
from local_aws.workspace import Workspace

_LATEST = 10


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `status` to the command line."""
    parser = commands.add_parser(
        "status",
        help="show what is up and what runs",
        description="Shows the endpoint, the stack and the latest runs. The exit status is 3 when"
        " the local AWS is not running.",
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
    runs = clients.steps.list_executions(stateMachineArn=found.state_machine, maxResults=_LATEST)
    print("Runs:" if runs["executions"] else "Runs: none")
    for run in runs["executions"]:
        started = run["startDate"].astimezone()
        print(f"  {started:%Y-%m-%d %H:%M:%S}  {run['status']:<9}  {run['name']}")
    return 0
