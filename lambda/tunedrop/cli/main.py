"""The command line: which command, and how a command's end becomes an exit status."""

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
from tunedrop.cli.arguments import Connect, connect
from tunedrop.cli.commands import (
    check,
    doctor,
    drop,
    pause,
    report,
    run,
    runs,
    stop,
    watch,
)
from tunedrop.cli.errors import CommandError, UsageError, explain
from tunedrop.cli.terminal import complain
from tunedrop.errors import TunedropError, UserInputError

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, connect: Connect = connect) -> int:
    """Run one command.

    Returns
    -------
    0 for success, 1 for a failure with its message, 2 for wrong usage or refused input, 130 for
    Ctrl-C
    """
    parsed = _parser().parse_args(arguments)
    # Log lines of PlanRun's code are not for people at a terminal: the plan has their warnings.
    logging.getLogger("tunedrop").addHandler(logging.NullHandler())
    signal.signal(signal.SIGTERM, _unwind)
    try:
        return int(parsed.execute(argparse.Namespace(**vars(parsed), connect=connect)))
    except (UsageError, UserInputError) as error:
        return _failed(str(error), 2)
    except (CommandError, TunedropError) as error:
        return _failed(str(error), 1)
    except (BotoCoreError, ClientError) as error:
        return _failed(explain(error), 1)
    except BrokenPipeError:
        # The reader of our output has seen enough (`runs | head`). Python flushes once more at the
        # end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, Boto3Error) as error:
        return _failed(f"A file cannot be read, written or transferred: {error}", 1)
    except KeyboardInterrupt:
        return _failed("Interrupted.", _INTERRUPTED)


def _failed(message: str, status: int) -> int:
    complain(message)
    return status


def _unwind(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tunedrop",
        description="Hyperparameter tuning for scikit-learn: drop a dataset, get a tuned model and"
        " a report.",
    )
    parser.add_argument("--version", action="version", version=f"tunedrop {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (check, drop, run, watch, report, runs, stop, pause, doctor):
        command.add_parser(commands)
    return parser
