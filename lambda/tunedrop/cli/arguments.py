"""Arguments that several commands share, and the way from them to the stack."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from tunedrop.cli import stack
from tunedrop.cli.stack import Stack

if TYPE_CHECKING:
    from boto3 import Session

Connect = Callable[[str | None, str | None], "Session"]
Commands = argparse._SubParsersAction  # the standard library has no public name for it


def connect(profile: str | None, region: str | None) -> Session:
    """Make the session of a profile and region; None takes what the environment says."""
    return boto3.Session(profile_name=profile, region_name=region)


def add_stack(parser: argparse.ArgumentParser) -> None:
    """Add what says where the deployment is."""
    group = parser.add_argument_group("deployment")
    group.add_argument(
        "--stack",
        default=stack.DEFAULT_NAME,
        metavar="NAME",
        help=f"the CloudFormation stack (default: {stack.DEFAULT_NAME})",
    )
    group.add_argument("--region", help="the AWS region (default: your configuration's)")
    group.add_argument("--profile", help="the AWS profile (default: your configuration's)")


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add what says which files are a dataset."""
    parser.add_argument(
        "source", type=Path, metavar="FILE_OR_FOLDER", help="the dataset on this machine"
    )
    parser.add_argument(
        "--name", metavar="DATASET", help="the dataset's name (default: the file's or folder's)"
    )
    parser.add_argument(
        "--config", type=Path, metavar="TUNING.YAML", help="what to tune and how, from elsewhere"
    )


def find_stack(arguments: argparse.Namespace) -> Stack:
    """Find the stack that the arguments name."""
    session = arguments.connect(arguments.profile, arguments.region)
    return stack.find(session, arguments.stack)


def add_run(parser: argparse.ArgumentParser, *, needed: bool) -> None:
    """Add what says which run."""
    which = "DATASET/RUN_ID, or DATASET for its newest"
    parser.add_argument(
        "run",
        metavar="RUN",
        nargs=None if needed else "?",
        help=which if needed else f"{which} (default: the newest of all)",
    )


def add_fetch(parser: argparse.ArgumentParser, *, also: str = "") -> None:
    """Add what says where copies of the run's files go."""
    parser.add_argument(
        "--fetch",
        type=Path,
        nargs="?",
        const=Path(),
        metavar="DIR",
        help="copy the run's files and its model when it is over (default:"
        f" tunedrop-runs/DATASET/RUN_ID){also}",
    )
