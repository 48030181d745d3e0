"""`run`: drop a dataset on the local AWS, watch its run, and fetch the run's files.

The dropping and watching are the `tunedrop` command's, in a process of its own as for a user.
"""

from __future__ import annotations

import argparse
import functools
import os
import subprocess
import sys

from local_aws import UsageError, environment, processes
from local_aws.daemon import running_stack
from local_aws.workspace import REPOSITORY, Workspace

_PYTHONPATH = os.pathsep.join(
    str(REPOSITORY / folder) for folder in ("lambda", "common", "training_container")
)

_GRACE_SECONDS = 10.0


def run(arguments: argparse.Namespace, workspace: Workspace) -> int:
    """Run the command; return its exit status."""
    _check(arguments)
    show = functools.partial(print, file=sys.stderr if arguments.json else sys.stdout, flush=True)
    with running_stack(workspace, show) as (clients, stack):
        return _run([*_command(arguments), "--stack", stack.name], clients.port)


def _check(arguments: argparse.Namespace) -> None:
    """Raise UsageError for wrong paths, before anything is started."""
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
    """Run `tunedrop` on the local AWS; end it if this process ends first."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        command,
        env=environment.user_variables(port, os.environ) | {"PYTHONPATH": _PYTHONPATH},
        start_new_session=True,  # Ctrl-C is ours: the server has to end after it
        preexec_fn=processes.end_with_parent(),
    )
    try:
        return process.wait()
    finally:
        processes.end(process.pid, seconds=_GRACE_SECONDS)
