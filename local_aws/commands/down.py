"""`down`: end the local AWS with all of its processes; what is in its buckets stays."""

from __future__ import annotations

import argparse
import shutil

from local_aws import daemon
from local_aws.workspace import Workspace


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `down` to the command line."""
    parser = commands.add_parser(
        "down",
        help="stop the local AWS",
        description="Stops the local AWS and everything that runs on it. Buckets, runs and models"
        " are there again at the next start.",
    )
    parser.add_argument(
        "--forget", action="store_true", help="delete what it holds: the next start is afresh"
    )
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Run the command; return its exit status."""
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
