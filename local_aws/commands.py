"""The commands `up`, `status`, `logs` and `down`, for a local AWS that stays up."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from local_aws import conditions, daemon, deploy, environment
from local_aws.environment import Clients
from local_aws.workspace import Workspace

_LATEST_RUNS = 10
_LOG_GROUPS = ("/aws/lambda/", "/aws/sagemaker/")
_POLL_SECONDS = 1.0
_NOT_RUNNING = 3

# Group, stream, time and message: MiniStack's events have no eventId.
_Line = tuple[str, str, int, str]


def up(arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Start the server, deploy the stack, and print the variables that AWS clients need."""
    settings, chosen = None, None
    if arguments.settings is not None:
        settings = deploy.parse_settings(arguments.settings)
    if arguments.conditions is not None:
        chosen = conditions.parse(arguments.conditions)
    with daemon.lock(workspace, _show):
        running = daemon.find(workspace)
        if running:
            _show(f"The local AWS is up already, at {running.endpoint} (process {running.pid}).")
            if arguments.port not in (None, running.port):
                _show("Stop it first: python -m local_aws down")
                return 1
        server = running or daemon.start(workspace, arguments.port, show=_show)
        try:
            stack = deploy.ensure(workspace, Clients(server.port), _show, settings)
        except BaseException:
            if running is None:
                daemon.stop(workspace, server)
            raise
    for name, value in environment.client_variables(server.port).items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"export TUNEDROP_BUCKET={shlex.quote(stack.bucket)}", flush=True)
    _show(f"Drop a dataset: {stack.drop_command}")
    _show("Or with the tunedrop command: tunedrop drop examples/penguins --watch")
    if chosen is not None:
        daemon.change_conditions(server, chosen)
    return 0


def status(_arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Show the endpoint, the stack and the latest runs."""
    server = daemon.find(workspace)
    if server is None:
        print("The local AWS is not running. Start it: python -m local_aws up")
        return _NOT_RUNNING
    print(f"Endpoint: {server.endpoint} (process {server.pid}, log {workspace.log})")
    clients = Clients(server.port)
    last = deploy.read_deployed(workspace)
    stack = deploy.find(clients, last.stack) if last else None
    if stack is None:
        print("Stack: not deployed yet")
        return 0
    print(f"Stack: {stack.name}, bucket {stack.bucket}")
    runs = clients.steps.list_executions(
        stateMachineArn=stack.state_machine, maxResults=_LATEST_RUNS
    )
    print("Runs:" if runs["executions"] else "Runs: none")
    for run in runs["executions"]:
        started = run["startDate"].astimezone()
        print(f"  {started:%Y-%m-%d %H:%M:%S}  {run['status']:<9}  {run['name']}")
    return 0


def logs(arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Show the lines of Lambdas and training jobs in CloudWatch Logs, in order of time."""
    server = daemon.find(workspace)
    if server is None:
        print(f"The local AWS is not running. The log of its last start: {workspace.log}")
        return _NOT_RUNNING
    client = Clients(server.port).logs
    shown: Counter[_Line] = Counter()
    while True:
        for event in new_events(client, shown):
            source = f"{event['group']} {event['logStreamName'].rsplit('/', 1)[-1][:40]}"
            moment = datetime.fromtimestamp(event["timestamp"] / 1000).astimezone()
            print(f"{moment:%H:%M:%S} {source}  {event['message'].rstrip()}", flush=True)
        if not arguments.follow:
            return 0
        time.sleep(_POLL_SECONDS)


def down(arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Stop the local AWS with all of its processes; keep its buckets unless told to forget."""
    if arguments.forget:
        workspace.check()
    server = daemon.find(workspace)
    if server is None:
        print("The local AWS is not running.")
    else:
        daemon.stop(workspace, server)
        print(f"Stopped the local AWS at {server.endpoint}.")
    if arguments.forget and workspace.root.exists():
        shutil.rmtree(workspace.root)
        print(f"Deleted {workspace.root}.")
    return 0


def new_events(client: Any, shown: Counter[_Line]) -> list[dict[str, Any]]:
    """Return the events that were not shown before, and count them; equal lines are two events."""
    counts: Counter[_Line] = Counter()
    events = []
    for event in _list_events(client):
        line = (event["group"], event["logStreamName"], event["timestamp"], event["message"])
        counts[line] += 1
        if counts[line] > shown[line]:
            events.append(event)
    shown |= counts
    return sorted(events, key=lambda event: int(event["timestamp"]))


def _list_events(client: Any) -> Iterator[dict[str, Any]]:
    for prefix in _LOG_GROUPS:
        pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        for group in [group["logGroupName"] for page in pages for group in page["logGroups"]]:
            try:
                for page in client.get_paginator("filter_log_events").paginate(logGroupName=group):
                    yield from ({**event, "group": group} for event in page["events"])
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
                    raise  # else the group was deleted since it was listed


def _show(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
