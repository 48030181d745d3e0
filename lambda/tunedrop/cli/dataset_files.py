"""A dataset on this machine: its name, and which file becomes which object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tunedrop import keys
from tunedrop.cli.errors import UsageError
from tunedrop.datasets.file_names import stem_of
from tunedrop.errors import DatasetError
from tunedrop.trigger import checked_name


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


def find_files(
    source: Path, *, name: str | None = None, config: Path | None = None
) -> DatasetFiles:
    """Find the files of a dataset.

    Parameters
    ----------
    source
        One data file, or a folder with everything; hidden files are left out.
    name
        The dataset's name; None takes the folder's or the file's.
    config
        A tuning.yaml from elsewhere; it replaces one in the folder.

    Raises
    ------
    UsageError
        Something named is not there, or cannot be a dataset.
    """
    found = _files(source)
    if config is not None:
        if not config.is_file():
            raise UsageError(f"--config {config}: there is no such file.")
        found[keys.TUNING_CONFIG] = config
    try:
        dataset = checked_name(name if name is not None else _default_name(source))
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
