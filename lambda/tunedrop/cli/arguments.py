"""Arguments that several commands share, and the stack and files that they name."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import boto3

from tunedrop import keys
from tunedrop.cli import stack
from tunedrop.cli.terminal import UsageError
from tunedrop.datasets.file_names import stem_of
from tunedrop.errors import DatasetError
from tunedrop.records import check_dataset_name

# The standard library has no public name for it.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Commands,
    name: str,
    execute: Callable[[argparse.Namespace], int],
    *,
    summary: str,
    description: str,
) -> argparse.ArgumentParser:
    """Add a command with the arguments that name the deployment; return its parser."""
    parser = commands.add_parser(name, help=summary, description=description)
    group = parser.add_argument_group("deployment")
    group.add_argument(
        "--stack",
        default=stack.DEFAULT_NAME,
        metavar="NAME",
        help=f"the CloudFormation stack (default: {stack.DEFAULT_NAME})",
    )
    group.add_argument("--region", help="the AWS region (default: your configuration's)")
    group.add_argument("--profile", help="the AWS profile (default: your configuration's)")
    parser.set_defaults(execute=execute)
    return parser


def find_stack(arguments: argparse.Namespace) -> stack.Stack:
    """Return the stack that the arguments name."""
    session = boto3.Session(profile_name=arguments.profile, region_name=arguments.region)
    return stack.find_stack(session, arguments.stack)


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name the files of a dataset."""
    parser.add_argument(
        "source", type=Path, metavar="FILE_OR_FOLDER", help="the dataset on this machine"
    )
    parser.add_argument(
        "--name", metavar="DATASET", help="the dataset's name (default: the file's or folder's)"
    )
    parser.add_argument(
        "--config",
        type=existing_file,
        metavar="TUNING.YAML",
        help="a tuning.yaml that replaces the folder's",
    )


def add_run(parser: argparse._ActionsContainer, *, nargs: str | None = "?") -> None:
    """Add the argument that names a run."""
    text = "DATASET/RUN_ID, or DATASET for its newest run"
    parser.add_argument("run", metavar="RUN", nargs=nargs, help=text)


def add_fetch(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names the folder for copies of the run's files."""
    parser.add_argument(
        "--fetch",
        type=_folder,
        nargs="?",
        const=Path(),
        metavar="DIR",
        help="copy the run's files and model when the run has ended (default:"
        " tunedrop-runs/DATASET/RUN_ID)",
    )


def existing_file(text: str) -> Path:
    """Return an argument as the path of a file, which must exist."""
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{path}: there is no such file")
    return path


def _folder(text: str) -> Path:
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is a file; name a folder")
    return path


@dataclass(frozen=True)
class DatasetFiles:
    """The local files of a dataset by their keys below `datasets/<dataset>/`."""

    dataset: str
    files: dict[str, Path]

    @property
    def folder(self) -> str:
        """Prefix of all keys."""
        return f"{keys.DATASETS}{self.dataset}/"


def find_files(arguments: argparse.Namespace) -> DatasetFiles:
    """Return the files of a dataset that the arguments of `add_source` name.

    Hidden files of a folder are excluded; `--config` replaces the folder's tuning.yaml.

    Raises
    ------
    UsageError
        If a named file or folder does not exist, or cannot be a dataset.
    """
    source, name, config = arguments.source, arguments.name, arguments.config
    files = _files(source)
    if config is not None:
        files[keys.TUNING_CONFIG] = config
    try:
        dataset = check_dataset_name(name if name is not None else _default_name(source))
    except DatasetError as error:
        raise UsageError(
            f"{error.what}. Found {error.found}; expected {error.expected}. "
            "Give a name with --name."
        ) from None
    folder = f"{keys.DATASETS}{dataset}/"
    return DatasetFiles(dataset, {folder + path: file for path, file in files.items()})


def _files(source: Path) -> dict[str, Path]:
    if source.is_file():
        return {source.name: source}
    if not source.is_dir():
        raise UsageError(f"{source}: there is no such file or folder.")
    files = {}
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            files[relative.as_posix()] = path
    if not files:
        raise UsageError(f"{source}: the folder has no files.")
    return files


def _default_name(source: Path) -> str:
    resolved = source.resolve()
    return resolved.name if resolved.is_dir() else stem_of(resolved.name)
