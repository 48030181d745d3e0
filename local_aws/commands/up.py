"""`up`: the local AWS with the stack on it, until `down`."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import Any

from local_aws import conditions, daemon, deploy, environment, settings
from local_aws.deploy import Stack
from local_aws.environment import Clients
from local_aws.session import alone, start
from local_aws.workspace import Workspace


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `up` to the command line."""
    parser = commands.add_parser(
        "up",
        help="start the local AWS and deploy the stack",
        description="Starts the local AWS in the background, deploys the stack, and prints the"
        ' environment variables that any AWS client needs: eval "$(python -m local_aws up)".',
    )
    parser.add_argument("--port", type=_port, help="on 127.0.0.1 (default: 4566, or a free one)")
    parser.add_argument(
        "--settings",
        metavar="JSON",
        help="settings over those of cdk.json, kept for the commands after it; {} forgets them",
    )
    parser.add_argument(
        "--conditions",
        metavar="JSON",
        help="what is to go wrong on purpose, until the server ends; {} ends it now",
    )
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Run the command; return its exit status."""
    own = settings.parse(arguments.settings) if arguments.settings is not None else None
    wanted = conditions.parse(arguments.conditions) if arguments.conditions is not None else None
    with alone(workspace, _say):
        server = _up(arguments, workspace, own)
    if server is None:
        return 1
    if wanted is not None:
        daemon.change_conditions(server, wanted)
    return 0


def _up(
    arguments: argparse.Namespace, workspace: Workspace, own: dict[str, Any] | None
) -> daemon.Server | None:
    """Return the server with the stack on it; None when it is up in another way than asked for."""
    found = daemon.find(workspace)
    if found is not None:
        _say(f"The local AWS is up already, at {found.endpoint} (process {found.pid}).")
        if arguments.port not in (None, found.port):
            _say("Stop it first: python -m local_aws down")
            return None
    server = found or start(workspace, _say, arguments.port)
    try:
        _print_variables(server, deploy.ensure(workspace, Clients(server.port), _say, own))
    except BaseException:
        if found is None:
            daemon.stop(workspace, server)
        raise
    return server


def _print_variables(server: daemon.Server, stack: Stack) -> None:
    for name, value in environment.client_variables(server.port).items():
        print(f"export {name}={shlex.quote(value)}")
    print(f"export TUNEDROP_BUCKET={shlex.quote(stack.bucket)}")
    sys.stdout.flush()
    _say(f"Drop a dataset: {stack.drop_command}")
    _say("Or with the tunedrop command: tunedrop drop examples/penguins --watch")


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _port(text: str) -> int:
    port = int(text) if text.isdigit() else 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 1 to 65535")
    return port
