"""The command line: which command, and how a command's end becomes an exit status."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.commands import down, logs, run, status, up
from local_aws.errors import LocalAwsError, UsageError
from local_aws.workspace import DEFAULT_ROOT, Workspace

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 for a failure, 2 for wrong usage, 130 for Ctrl-C."""
    parsed = _parser().parse_args(arguments)
    _unwind_on_signals()
    try:
        return int(parsed.execute(parsed, Workspace(parsed.root)))
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except LocalAwsError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output has seen enough (`logs | head`). Python flushes once more at the
        # end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (BotoCoreError, ClientError, ConnectionError) as error:
        print(f"The local AWS answered with an error: {error}", file=sys.stderr)
        print(f"Its log: {Workspace(parsed.root).log}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"A file cannot be read or written: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return _INTERRUPTED


def _unwind_on_signals() -> None:
    """Make SIGTERM and SIGHUP end the program as Ctrl-C does, with all that it started."""

    def unwind(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, unwind)


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
    for command in (run, up, status, logs, down):
        command.add_parser(commands)
    return parser
