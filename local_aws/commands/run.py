"""`run`: drop a dataset on the local AWS, watch its run, and fetch what came out.

The dropping and watching are the `tunedrop` command's, in a process of its own as it is for people.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from local_aws import environment, processes
from local_aws.errors import UsageError
from local_aws.session import running_stack
from local_aws.workspace import REPOSITORY, Workspace

_PYTHONPATH = os.pathsep.join(
    str(REPOSITORY / folder) for folder in ("lambda", "common", "training_container")
)

_GRACE_SECONDS = 10.0


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `run` to the command line."""
    parser = commands.add_parser(
        "run",
        help="tune a dataset and fetch its report",
        description="Drops a dataset on the local AWS (started and deployed when needed), waits for"
        " its run and copies the run's folder here. The dataset in the bucket becomes exactly the"
        " files that are given.",
    )
    parser.add_argument("source", type=Path, metavar="FILE_OR_FOLDER", help="the dataset")
    parser.add_argument("--name", help="the dataset's name (default: the file's or folder's)")
    parser.add_argument(
        "--config", type=Path, metavar="TUNING.YAML", help="what to tune and how, from elsewhere"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where the run's files go (default: tunedrop-runs/DATASET/RUN_ID)",
    )
    parser.add_argument(
        "--json", action="store_true", help="write one JSON object to standard output, no more"
    )
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Run the command; return its exit status."""
    _refuse(arguments)
    console = Console(stderr=arguments.json)

    def say(line: str) -> None:
        console.print(line, markup=False)

    with running_stack(workspace, say) as (clients, stack):
        return _run([*_command(arguments), "--stack", stack.name], clients.port)


def _refuse(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be, before anything is started."""
    if not arguments.source.exists():
        raise UsageError(f"{arguments.source}: there is no such file or folder.")
    if arguments.config and not arguments.config.is_file():
        raise UsageError(f"--config {arguments.config}: there is no such file.")
    if arguments.output and arguments.output.exists() and not arguments.output.is_dir():
        raise UsageError(f"--output {arguments.output} is a file; name a folder.")


def _command(arguments: argparse.Namespace) -> list[str]:
    command = [sys.executable, "-m", "tunedrop", "drop", str(arguments.source)]
    command += ["--replace", "--no-check", "--fetch"]
    command += [str(arguments.output)] if arguments.output else []
    for option in ("name", "config"):
        if (value := getattr(arguments, option)) is not None:
            command += [f"--{option}", str(value)]
    return command + (["--json"] if arguments.json else [])


def _run(command: list[str], port: int) -> int:
    """Run `tunedrop` on the local AWS; whatever ends us ends it too."""
    sys.stdout.flush()
    process = subprocess.Popen(  # noqa: S603 - our own program
        command,
        env=environment.of_a_person(port, os.environ) | {"PYTHONPATH": _PYTHONPATH},
        start_new_session=True,  # Ctrl-C is ours, for the server has to end after it
        preexec_fn=processes.end_with_parent(),
    )
    try:
        return process.wait()
    finally:
        processes.end(process.pid, seconds=_GRACE_SECONDS)
