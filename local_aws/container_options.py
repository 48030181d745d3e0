"""`--container` and `--engine`, as `up` and `run` have them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from local_aws import container_engine, daemon
from local_aws.container_engine import Engine
from local_aws.errors import UsageError
from local_aws.workspace import Workspace


def add(parser: argparse.ArgumentParser) -> None:
    """Add both to a command."""
    parser.add_argument(
        "--container",
        action="store_true",
        help="run each training job's image by Docker or Podman, not its code as a process",
    )
    parser.add_argument(
        "--engine",
        choices=container_engine.NAMES,
        help="which one with --container (default: that of the server that is up, or the first of"
        " them that works)",
    )


def engine(
    arguments: argparse.Namespace, workspace: Workspace, environment: Mapping[str, str]
) -> Engine | None:
    """Find the engine that a command line asks for; None when it asks for none.

    Raises
    ------
    UsageError
        An engine is chosen for nothing.
    EngineUnusable
        The chosen one, or every one, does not work.
    """
    if arguments.container:
        server = daemon.find(workspace)
        of_server = None if server is None else server.engine
        return container_engine.find(arguments.engine or of_server, environment)
    if arguments.engine is not None:
        raise UsageError(f"--engine {arguments.engine} chooses for --container, which is missing.")
    return None
