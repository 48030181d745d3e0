"""Fetches Parquet files: all of them, or some rows of some row groups.

A child process opens them, since Arrow ends its process on some damaged files. It reads files of
this machine only, of which what is not fetched is a hole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from sklearn_trainer.data.parquet_files import (
    DECODED_NUMBER_BYTES,
    RowGroup,
    copy_rows,
    read_parquet_table,
    survey,
    unreadable,
)
from sklearn_trainer.data.values import count_text_bytes
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.process.children import run
from sklearn_trainer.process.resources import limit_growth
from tunedrop.errors import LimitError
from tunedrop.objects import DataFile
from tunedrop.planning.fetched_files import (
    SAMPLED_FILES,
    WHOLE_BYTES,
    FetchedFiles,
    fetch,
    local_path,
    spread,
)
from tunedrop.storage import Bucket

R = TypeVar("R")

# Cells of a table that is read whole; a Parquet file of a megabyte can have 100 million.
WHOLE_CELLS = 20_000_000

# Cells that are read of a larger one, bytes of their text, and bytes that are fetched for them.
SAMPLE_CELLS = 4_000_000
SAMPLE_TEXT_BYTES = 32 * 2**20
SAMPLE_BYTES = 2**30

# A larger table than this is no data if it is so many times as large as its files.
MAX_GROWTH, GROWN_BYTES = 1_000, 2**30

# Memory beyond PlanRun's own that a table of `WHOLE_CELLS` may take while it is read.
READING_BYTES = 2**30

# Footers are a few kB, but one of a table with thousands of columns and row groups has megabytes.
FOOTER_BYTES = 16 * 2**20

# So long may it take to look at files; the time limit of PlanRun is 15 minutes.
SECONDS = 240


def fetch_parquet(
    bucket: Bucket, files: Sequence[DataFile], folder: Path, max_bytes: int
) -> FetchedFiles:
    """Fetch all files if they can be read whole; else the first rows of some row groups.

    Raises
    ------
    DatasetError
        If a file is not Parquet, is damaged, or has row groups too large to read.
    LimitError
        If the decoded table has more than `max_bytes`.
    """
    is_small = sum(file.version.bytes for file in files) <= WHOLE_BYTES
    chosen = list(files) if is_small else spread(files, SAMPLED_FILES)
    paths = [local_path(folder, place, file) for place, file in enumerate(chosen)]
    for file, path in zip(chosen, paths, strict=True):
        fetch(bucket, file, path, 0 if is_small else max(0, file.version.bytes - FOOTER_BYTES))
    groups = _in_child(lambda: [survey(path) for path in paths], paths[0])
    rows = sum(group.rows for file_groups in groups for group in file_groups)
    columns = max((group.columns for file_groups in groups for group in file_groups), default=1)
    share = sum(f.version.bytes for f in chosen) / sum(f.version.bytes for f in files)
    _check_decoded_bytes(round(rows / share), columns, files, max_bytes)
    if is_small and rows * columns <= WHOLE_CELLS and _has_little_text(paths):
        return FetchedFiles(tuple(paths))
    picked = [[file_groups[i] for i in _ends(len(file_groups))] for file_groups in groups]
    if not is_small:
        _fetch_groups(bucket, chosen, paths, picked)
    groups_in_all = max(1, sum(map(len, picked)))
    most = max(1, SAMPLE_CELLS // columns // groups_in_all)
    text_bytes = SAMPLE_TEXT_BYTES // groups_in_all
    samples = [path.with_name(f"sample-{path.name}") for path in paths]
    sampled = _in_child(
        lambda: sum(
            copy_rows(path, sample, [group.index for group in groups_of_file], most, text_bytes)
            for path, sample, groups_of_file in zip(paths, samples, picked, strict=True)
        ),
        paths[0],
    )
    return FetchedFiles(
        tuple(sample.replace(path) for sample, path in zip(samples, paths, strict=True)),
        is_complete=False,
        rows_ratio=max(1.0, rows / share / max(sampled, 1)),
    )


def _check_decoded_bytes(
    rows: int, columns: int, files: Sequence[DataFile], max_bytes: int
) -> None:
    """Raise LimitError for a table that is too large in memory, whatever its files are."""
    decoded_bytes = DECODED_NUMBER_BYTES * rows * columns
    file_bytes = sum(file.version.bytes for file in files)
    if decoded_bytes > min(max_bytes, max(GROWN_BYTES, MAX_GROWTH * file_bytes)):
        raise LimitError(
            "The decoded dataset is larger than this deployment allows",
            where=files[0].path,
            found=f"{rows} rows of {columns} columns, which are {decoded_bytes} bytes or more in "
            f"memory and {file_bytes} bytes in files",
            expected=f"at most {max_bytes} bytes (max_dataset_bytes), and at most {MAX_GROWTH} "
            "times the files' bytes",
            to_do="Upload a sample, or ask the operators of this deployment to raise the limit.",
        )


def _has_little_text(paths: Sequence[Path]) -> bool:
    """Read files whole in a child process; return whether their text fits into `WHOLE_BYTES`."""

    def measure() -> int:
        batches = read_parquet_table(paths).to_batches()
        return sum(int(count_text_bytes(batch).sum()) for batch in batches)

    try:
        total = _in_child(measure, paths[0])
    except _OutOfMemory:
        return False
    return total <= WHOLE_BYTES


def _ends(count: int) -> list[int]:
    """Return the first, the middle and the last of so many places."""
    return sorted({0, count // 2, count - 1}) if count else []


def _fetch_groups(
    bucket: Bucket,
    files: Sequence[DataFile],
    paths: Sequence[Path],
    picked: Sequence[Sequence[RowGroup]],
) -> None:
    """Fetch row groups into the holes of files."""
    total = sum(group.end - group.start for groups in picked for group in groups)
    if total > SAMPLE_BYTES:
        raise DatasetError(
            "The row groups of the file are too large to look at before the run",
            where=files[0].path,
            found=f"{total // 2**20} MiB in {sum(map(len, picked))} row groups",
            expected=f"at most {SAMPLE_BYTES // 2**20} MiB",
            to_do="Write the file with smaller row groups (in pandas: `row_group_size=100_000`).",
        )
    for file, path, groups in zip(files, paths, picked, strict=True):
        for group in groups:
            fetch(bucket, file, path, group.start, group.end)


class _OutOfMemory(DatasetError):
    """A child process had no memory for what it was to read."""


def _in_child(function: Callable[[], R], path: Path) -> R:
    """Return what a function returns in a child process."""

    def call() -> R | DatasetError:
        pa.array([0])  # Arrow reserves a gigabyte of addresses at its first allocation
        limit_growth(READING_BYTES)
        try:
            return function()
        except DatasetError as error:
            return error

    outcome = run(call, SECONDS)
    if isinstance(outcome.value, DatasetError):
        raise DatasetError(**vars(outcome.value))  # a message does not survive pickling
    if outcome.status == "done":
        return outcome.value  # type: ignore[return-value]
    if outcome.memory_ran_out:
        raise _OutOfMemory(
            "A few rows of the file take more memory than there is to read them",
            where=path.name,
            expected=f"at most {READING_BYTES // 2**20} MiB",
            to_do="Leave long texts out, or write the file with smaller row groups.",
        )
    raise unreadable(path, outcome.reason)
