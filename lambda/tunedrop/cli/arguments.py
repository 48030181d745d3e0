"""Arguments that several commands share, and the way from them to the stack and to files."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from tunedrop import keys
from tunedrop.cli import stack
from tunedrop.cli.errors import UsageError
from tunedrop.cli.stack import Stack
from tunedrop.datasets.file_names import stem_of
from tunedrop.errors import DatasetError
from tunedrop.records import check_dataset_name

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


def add_run(
    parser: argparse._ActionsContainer,
    *,
    needed: bool,
    otherwise: str = "default: the newest of all",
) -> None:
    """Add what says which run, and what not to say it means."""
    which = "DATASET/RUN_ID, or DATASET for its newest"
    parser.add_argument(
        "run",
        metavar="RUN",
        nargs=None if needed else "?",
        help=which if needed else f"{which} ({otherwise})",
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


@dataclass(frozen=True)
class DatasetFiles:
    """What is dropped: a file for each key below `datasets/<dataset>/`."""

    dataset: str
    files: dict[str, Path]

    @property
    def folder(self) -> str:
        """Prefix of all its keys."""
        return f"{keys.DATASETS}{self.dataset}/"

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(path.stat().st_size for path in self.files.values())


def find_files(arguments: argparse.Namespace) -> DatasetFiles:
    """Find the files of a dataset, as `add_source` has them.

    A folder's hidden files are left out; a tuning.yaml from elsewhere replaces one in the folder.

    Raises
    ------
    UsageError
        Something named is not there, or cannot be a dataset.
    """
    source, name, config = arguments.source, arguments.name, arguments.config
    found = _files(source)
    if config is not None:
        if not config.is_file():
            raise UsageError(f"--config {config}: there is no such file.")
        found[keys.TUNING_CONFIG] = config
    try:
        dataset = check_dataset_name(name if name is not None else _default_name(source))
    except DatasetError as error:
        raise UsageError(
            f"{error.what}. Found {error.found}; expected {error.expected}. "
            "Give a name with --name."
        ) from None
    folder = f"{keys.DATASETS}{dataset}/"
    return DatasetFiles(dataset, {folder + path: file for path, file in found.items()})


def _files(source: Path) -> dict[str, Path]:
    if source.is_file():
        return {source.name: source}
    if not source.is_dir():
        raise UsageError(f"{source}: there is no such file or folder.")
    files = {}
    for path in sorted(source.rglob("*")):
        below = path.relative_to(source)
        if path.is_file() and not any(part.startswith(".") for part in below.parts):
            files[below.as_posix()] = path
    if not files:
        raise UsageError(f"{source}: the folder has no files.")
    return files


def _default_name(source: Path) -> str:
    resolved = source.resolve()
    return resolved.name if resolved.is_dir() else stem_of(resolved.name)
