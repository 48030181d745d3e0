"""`logs`: what the Lambdas and the training jobs wrote to CloudWatch Logs, in order of time."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from local_aws import daemon
from local_aws.environment import Clients
from local_aws.workspace import Workspace

_GROUPS = ("/aws/lambda/", "/aws/sagemaker/")
_POLL_SECONDS = 1.0

# Group, stream, time and message: MiniStack's events have no eventId.
_Line = tuple[str, str, int, str]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `logs` to the command line."""
    parser = commands.add_parser(
        "logs",
        help="show what Lambdas and training jobs wrote",
        description="Shows the logs of the Lambdas and training jobs, oldest first.",
    )
    parser.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Run the command; return its exit status."""
    server = daemon.find(workspace)
    if server is None:
        print(f"The local AWS is not running. Its own log of the last time: {workspace.log}")
        return 3
    logs = Clients(server.port).logs
    seen: Counter[_Line] = Counter()
    while True:
        for event in _new_events(logs, seen):
            where = f"{event['group']} {event['logStreamName'].rsplit('/', 1)[-1][:40]}"
            moment = datetime.fromtimestamp(event["timestamp"] / 1000).astimezone()
            print(f"{moment:%H:%M:%S} {where}  {event['message'].rstrip()}", flush=True)
        if not arguments.follow:
            return 0
        time.sleep(_POLL_SECONDS)


def _new_events(logs: Any, seen: Counter[_Line]) -> list[dict[str, Any]]:
    """Return the events that were not there before; the same line twice is two events."""
    counted: Counter[_Line] = Counter()
    found = []
    for event in _events(logs):
        line = (event["group"], event["logStreamName"], event["timestamp"], event["message"])
        counted[line] += 1
        if counted[line] > seen[line]:
            found.append(event)
    seen |= counted
    return sorted(found, key=lambda event: int(event["timestamp"]))


def _events(logs: Any) -> Iterator[dict[str, Any]]:
    for prefix in _GROUPS:
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        for group in [group["logGroupName"] for page in pages for group in page["logGroups"]]:
            try:
                for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
                    yield from ({**event, "group": group} for event in page["events"])
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
                    raise  # else the group was deleted since it was listed
