"""The command line: its commands, and the exit status of each way in which one ends."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from tunedrop import __version__
from tunedrop.cli.commands import (
    champion,
    check,
    doctor,
    drop,
    predict,
    report,
    run,
    runs,
    stop,
    watch,
)
from tunedrop.cli.terminal import CommandError, UsageError, describe_aws_error, write_error
from tunedrop.errors import TunedropError, UserInputError

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    0 for success, 1 for a failure with its message, 2 for wrong usage or rejected input, 130 for
    Ctrl-C
    """
    parsed = _make_parser().parse_args(arguments)
    # The plan has the warnings that PlanRun's code also logs.
    logging.getLogger("tunedrop").addHandler(logging.NullHandler())
    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        return int(parsed.execute(parsed))
    except BrokenPipeError:
        # The reader of our output ended early (`runs | head`). Python flushes once more at exit,
        # and would print an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (UsageError, UserInputError) as error:
        status, message = 2, str(error)
    except (CommandError, TunedropError) as error:
        status, message = 1, str(error)
    except (BotoCoreError, ClientError) as error:
        status, message = 1, describe_aws_error(error)
    except (OSError, Boto3Error) as error:
        status, message = 1, f"A file cannot be read, written or transferred: {error}"
    except KeyboardInterrupt:
        status, message = _INTERRUPTED, "Interrupted."
    write_error(message)
    return status


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tunedrop",
        description="Hyperparameter tuning for scikit-learn: drop a dataset, get a tuned model and"
        " a report.",
    )
    parser.add_argument("--version", action="version", version=f"tunedrop {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (check, drop, run, watch, report, predict, champion, runs, stop, doctor):
        command.add_parser(commands)
    return parser
