"""A dataset as it is in the bucket: its objects, and which of them is what, by their names.

`list_objects` returns what belongs to a dataset and goes into its digest; `lay_out` which files are
the training data, the test data and tuning.yaml. Where that is unclear, it raises an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from tunedrop import keys
from tunedrop.datasets import copies
from tunedrop.datasets.file_names import (
    DATA_SUFFIXES,
    Format,
    format_of,
    is_ignorable,
    stem_of,
)
from tunedrop.errors import DatasetError
from tunedrop.objects import DataFile, ObjectVersion
from tunedrop.storage import Bucket
from tunedrop_common.data_text import escape, quote, quote_all

_DELTA_COMMIT = re.compile(r"(?:.*/)?_delta_log/\d+\.json")

MAX_FILES = 10_000

# S3 takes keys of 1,024 bytes in UTF-8. The copy that the jobs read has a longer key than its
# original, by a digest and a folder.
_COPY_FOLDER = copies.channel_folder("x", sha256().hexdigest(), "train")
LONGEST_KEY = 1024 - len(_COPY_FOLDER) + len(f"{keys.DATASETS}x/")


@dataclass(frozen=True)
class Layout:
    """Which objects of a dataset are what."""

    format: Format
    train: tuple[DataFile, ...]
    test: tuple[DataFile, ...]
    tuning_config: ObjectVersion | None
    warnings: tuple[str, ...]


def list_objects(bucket: Bucket, dataset: str) -> tuple[ObjectVersion, ...]:
    """List everything that belongs to a dataset, in the order of their keys.

    That is its folder `datasets/<dataset>/` and the single file `datasets/<dataset>.<suffix>`,
    without what is ignorable.
    """
    folder = f"{keys.DATASETS}{dataset}/"
    objects: list[ObjectVersion] = []
    delta_commits = 0
    for version in bucket.list_objects(folder):
        delta_commits += _DELTA_COMMIT.fullmatch(version.key.removeprefix(folder)) is not None
        if delta_commits > 1:
            raise DatasetError(
                "The folder is a Delta Lake table, whose files hold rows that were replaced",
                where=folder,
                found="several commits in _delta_log/",
                to_do='Export its newest state (`spark.read.format("delta").load(old)'
                ".write.parquet(new)`) and drop that.",
            )
        if not is_ignorable(version.key.removeprefix(folder)):
            objects.append(version)
        if len(objects) > MAX_FILES:
            raise DatasetError(
                "The dataset has too many files",
                where=folder,
                expected=f"at most {MAX_FILES}",
                to_do="Write it into fewer, larger files.",
            )
    for version in bucket.list_objects(f"{keys.DATASETS}{dataset}."):
        name = version.key.removeprefix(keys.DATASETS)
        if "/" not in name and not is_ignorable(name) and stem_of(name) == dataset:
            objects.append(version)
    return tuple(sorted(objects, key=lambda version: version.key.encode()))


def has_training_data(objects: Iterable[ObjectVersion], dataset: str) -> bool:
    """Return whether anything but tuning.yaml and test files is there."""
    return any(
        not _is_test(path) and path != keys.TUNING_CONFIG
        for path in (_path(version.key, dataset) for version in objects)
    )


def lay_out(objects: Iterable[ObjectVersion], dataset: str) -> Layout:
    """Return the roles of a dataset's objects.

    Raises
    ------
    DatasetError
        If there is no training data, or more than one candidate for it.
    """
    files = [DataFile(_path(version.key, dataset), version) for version in objects]
    config = next((f.version for f in files if f.path == keys.TUNING_CONFIG), None)
    data_or_unknown = [f for f in files if f.path != keys.TUNING_CONFIG]
    _check_sources(files, dataset)
    _check_config_names(data_or_unknown, dataset)
    data = [f for f in data_or_unknown if format_of(f.path)]
    test = [f for f in data if _is_test(f.path)]
    train = _choose_train([f for f in data if not _is_test(f.path)], data_or_unknown, dataset)
    _check_key_lengths([*train, *test])
    used = {*train, *test}
    left_over = [f for f in data_or_unknown if f not in used]
    formats = {format_of(f.path) for f in (*train, *test)}
    if len(formats) > 1:
        raise DatasetError(
            "The data files have different formats",
            where=_where(dataset),
            found=_names([*train, *test]),
            expected="only text tables (CSV), or only Parquet",
            to_do="Convert them to one format and drop the dataset again.",
        )
    train, test = _without_empty(train), _without_empty(test)
    file_format = format_of(train[0].path)
    assert file_format is not None  # noqa: S101 - train has data files only
    return Layout(
        file_format, tuple(train), tuple(test), config, tuple(_warnings(train, left_over))
    )


def _choose_train(data: list[DataFile], files: list[DataFile], dataset: str) -> list[DataFile]:
    named = [f for f in data if "/" not in f.path and stem_of(f.path).lower() == "train"]
    inside = [f for f in data if f.path.lower().startswith("train/")]
    if not data:
        raise _no_training_data(files, dataset)
    if named:
        unclear = [*named, *inside] if inside or len(named) > 1 else []
    else:
        is_one_table = len(data) == 1 or all(_is_part(f.path) for f in data)
        unclear = [] if inside or is_one_table else data
    if not unclear:
        return named or inside or data
    raise DatasetError(
        "The training data is ambiguous",
        where=_where(dataset),
        found=_names(unclear),
        expected="one file called train, or one data file, or the part files of one table",
        to_do="Call the training data train.csv, or put its parts into a folder train/.",
    )


def _no_training_data(files: list[DataFile], dataset: str) -> DatasetError:
    tests = [f for f in files if _is_test(f.path)]
    if tests:
        return DatasetError(
            "The dataset has a test file and no training data",
            where=_where(dataset),
            found=_names(tests),
            expected="the rows to learn from, in another file",
            to_do="Drop them as train.csv or train.parquet; if these are all the rows, rename the "
            "file.",
        )
    return DatasetError(
        "The dataset has no data file",
        where=_where(dataset),
        found=_names(files),
        expected=f"a file whose name ends with {DATA_SUFFIXES}",
        to_do="Save the table as CSV or Parquet.",
    )


def _is_part(path: str) -> bool:
    """Return whether a file is one of many that make a table, as Spark and its like write them."""
    return path.rpartition("/")[2].lower().startswith("part-") or "=" in path.partition("/")[0]


def _is_test(path: str) -> bool:
    if format_of(path) is None:
        return False
    return path.lower().startswith("test/") or ("/" not in path and stem_of(path).lower() == "test")


def _path(key: str, dataset: str) -> str:
    """Return the place of an object below its dataset's folder; a single file's is its name.

    A dataset of one file which is called test.csv has training data all the same.
    """
    folder = f"{keys.DATASETS}{dataset}/"
    if key.startswith(folder):
        return key.removeprefix(folder)
    name = key.removeprefix(keys.DATASETS)
    return "train" + name.removeprefix(dataset)


def _check_sources(files: list[DataFile], dataset: str) -> None:
    """Raise DatasetError for a folder and a file of one name."""
    folder = f"{keys.DATASETS}{dataset}/"
    if len(files) > 1 and any(not f.version.key.startswith(folder) for f in files):
        raise DatasetError(
            "The dataset has more than one source",
            where=keys.DATASETS,
            found=quote_all(sorted(f.version.key for f in files)),
            expected=f"either the folder {folder} or one file beside it",
            to_do="Delete one of them, or give one another name.",
        )


def _check_config_names(files: list[DataFile], dataset: str) -> None:
    """Raise DatasetError for what can only be meant as tuning.yaml: it would not be read."""
    for file in files:
        if file.path.rpartition("/")[2].lower() in ("tuning.yml", keys.TUNING_CONFIG):
            raise DatasetError(
                "The configuration file has the wrong name",
                where=_where(dataset),
                found=quote(file.path),
                expected=keys.TUNING_CONFIG,
                to_do=f"Rename it to {keys.TUNING_CONFIG}, directly in the dataset's folder.",
            )


def _check_key_lengths(files: list[DataFile]) -> None:
    """Raise DatasetError for a file that S3 cannot copy, because of the length of its key."""
    for file in files:
        length = len(file.version.key.encode())
        if length > LONGEST_KEY:
            raise DatasetError(
                "The name of the file with its folders is too long",
                where=escape(file.version.key, 80),
                found=f"{length} bytes",
                expected=f"at most {LONGEST_KEY}, so that S3 can copy the file for the jobs",
                to_do="Shorten the names of the file and of its folders, and drop it again.",
            )


def _without_empty(files: list[DataFile]) -> list[DataFile]:
    """Leave out part files without a byte, as Spark writes them; one of them has to have some."""
    full = [f for f in files if f.version.bytes > 0]
    if files and not full:
        raise DatasetError(
            "The file is empty",
            where=files[0].version.key,
            found="0 bytes",
            to_do="Drop it again, complete.",
        )
    return full


def _warnings(train: list[DataFile], left_over: list[DataFile]) -> list[str]:
    warnings = [f"{f.path} is excluded: neither training data nor test data." for f in left_over]
    if any("=" in part for f in train for part in f.path.split("/")[:-1]):
        warnings.append(
            "Values in the names of folders (such as year=2026/) are not read as columns."
        )
    return warnings


def _names(files: list[DataFile]) -> str:
    return quote_all(sorted(f.path for f in files))


def _where(dataset: str) -> str:
    return f"{keys.DATASETS}{dataset}/"
