"""The command line: its commands with their options, and how their ends become exit statuses."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from local_aws import LocalAwsError, UsageError
from local_aws.commands import down, logs, status, up
from local_aws.run_command import run
from local_aws.workspace import DEFAULT_ROOT, Workspace

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 for a failure, 2 for wrong usage, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    _exit_on_signals()
    try:
        return int(options.execute(options, Workspace(options.root)))
    except LocalAwsError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except BrokenPipeError:
        # The reader of our output has ended (`logs | head`). Python flushes once more at the end,
        # and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (BotoCoreError, ClientError, ConnectionError) as error:
        print(f"The local AWS answered with an error: {error}", file=sys.stderr)
        print(f"Its log: {Workspace(options.root).log}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"A file cannot be read or written: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return _INTERRUPTED


def _exit_on_signals() -> None:
    """Make SIGTERM and SIGHUP end the program as Ctrl-C does, with all that it started."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_aws",
        description="An AWS on this machine, with the stack deployed by the real CDK and a real"
        " SageMaker tuning API. No AWS account and no Docker.",
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=DEFAULT_ROOT,
        metavar="DIR",
        help="where the local AWS keeps everything (default: .local-aws in the repository)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_up(commands)
    command = commands.add_parser(
        "status",
        help="show what is up and what runs",
        description="Shows the endpoint, the stack and the latest runs. The exit status is 3 when"
        " the local AWS is not running.",
    )
    command.set_defaults(execute=status)
    command = commands.add_parser(
        "logs",
        help="show what Lambdas and training jobs wrote",
        description="Shows the logs of the Lambdas and training jobs, oldest first.",
    )
    command.set_defaults(execute=logs)
    command.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    command = commands.add_parser(
        "down",
        help="stop the local AWS",
        description="Stops the local AWS and everything that runs on it. Buckets, runs and models"
        " are there again at the next start.",
    )
    command.set_defaults(execute=down)
    command.add_argument(
        "--forget", action="store_true", help="delete what it holds: the next start is afresh"
    )
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "run",
        help="tune a dataset and fetch its report",
        description="Drops a dataset on the local AWS (started and deployed when needed), waits for"
        " its run and copies the run's folder here. The dataset in the bucket becomes exactly the"
        " files that are given.",
    )
    command.set_defaults(execute=run)
    command.add_argument("source", type=Path, metavar="FILE_OR_FOLDER", help="the dataset")
    command.add_argument("--name", help="the dataset's name (default: the file's or folder's)")
    command.add_argument(
        "--config", type=Path, metavar="TUNING.YAML", help="what to tune and how, from elsewhere"
    )
    command.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where the run's files go (default: tunedrop-runs/DATASET/RUN_ID)",
    )
    command.add_argument(
        "--json", action="store_true", help="write one JSON object to standard output, no more"
    )


def _add_up(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "up",
        help="start the local AWS and deploy the stack",
        description="Starts the local AWS in the background, deploys the stack, and prints the"
        ' environment variables that AWS clients need: eval "$(python -m local_aws up)".',
    )
    command.set_defaults(execute=up)
    command.add_argument("--port", type=int, help="on 127.0.0.1 (default: 4566, or a free one)")
    command.add_argument(
        "--settings",
        metavar="JSON",
        help="settings over those of cdk.json, kept for later commands; {} forgets them",
    )
    command.add_argument(
        "--conditions",
        metavar="JSON",
        help="faults to simulate until the server ends; {} ends them now",
    )
