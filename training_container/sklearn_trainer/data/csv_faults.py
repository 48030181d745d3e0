"""Opens a text table, and says what is wrong with one that cannot be read, with the line's number.

Only a job that fails reads its file a second time, line by line.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data.values import is_text
from sklearn_trainer.errors import DatasetError
from tunedrop_common.csv_lines import (
    CsvRecord,
    check_last_record,
    header_again,
    numbered_records,
    unreadable,
    wrong_width,
)
from tunedrop_common.plan import CsvDialect

BLOCK_BYTES = 16 * 2**20  # what is read at a time: a record must fit into one block

_GZIP = b"\x1f\x8b"
_MOST_LINES_COUNTED = 1_000


def explain(path: Path, dialect: CsvDialect, encoding: str, reason: str) -> DatasetError:
    """Return the error that says which lines are not as wide as the header; else the reason."""
    try:
        with open_text(path, encoding, "replace", skip=dialect.lines_above_header) as text:
            odd, width = _odd_records(text, dialect)
    except (OSError, EOFError) as error:
        return broken_gzip(path) if is_gzip(path) else unreadable(str(error), path.name)
    except csv.Error as error:
        return unreadable(str(error), path.name)
    if odd:
        return wrong_width(odd, width, dialect.delimiter, path.name)
    if "zlib" in reason:
        return broken_gzip(path)
    if "straddl" in reason:
        return DatasetError(
            "A line is longer than a line of a table can be",
            where=path.name,
            expected=f"at most {BLOCK_BYTES // 2**20} MiB",
            to_do="Look for a quotation mark that is never closed, or leave the long text out.",
        )
    return unreadable(reason, path.name)


def check_end(path: Path, dialect: CsvDialect, encoding: str) -> None:
    """Raise DatasetError where the last record only ends with the file: a mark is never closed."""
    above = dialect.lines_above_header
    with open_text(path, encoding, "replace", skip=above) as text:
        last = deque(numbered_records(text, dialect.delimiter, above=above), maxlen=1)
    if last:
        check_last_record(last[0], path.name)


def check_header_once(table: pa.Table) -> None:
    """Raise DatasetError for a row with the names of all columns: files were joined with headers.

    Where it is there, no column has been read as numbers.
    """
    if not all(is_text(field.type) for field in table.schema):
        return
    found = None
    for name, column in zip(table.schema.names, table.columns, strict=True):
        words = pc.utf8_trim(column.cast(pa.string()), " \t\ufeff")
        same = pc.fill_null(pc.equal(words, name), False)
        found = same if found is None else pc.and_(found, same)
        if not pc.any(found).as_py():
            return
    row = pc.index(found, True).as_py()
    raise header_again(f"data row {row + 1}", pc.sum(found).as_py())


def broken_gzip(path: Path) -> DatasetError:
    """Return the error for a packed file that ends too early or is damaged."""
    return DatasetError(
        "The compressed file is broken",
        where=path.name,
        expected="a complete gzip file",
        to_do="Compress and drop it again; a broken upload is the usual cause.",
    )


def _odd_records(text: TextIO, dialect: CsvDialect) -> tuple[list[CsvRecord], int]:
    """Return the records unlike the header, and its width."""
    odd: list[CsvRecord] = []
    records = numbered_records(text, dialect.delimiter, above=dialect.lines_above_header)
    header = next(records, None)
    if header is None:
        return odd, 0
    width = len(header.fields) + bool(dialect.unnamed_column)
    for record in records:
        if len(record.fields) != width:
            odd.append(record)
            if len(odd) == _MOST_LINES_COUNTED:
                break
    return odd, width


def is_gzip(path: Path) -> bool:
    """Check whether a file is packed, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


@contextmanager
def open_text(
    path: Path, encoding: str, errors: str = "strict", *, skip: int = 0
) -> Iterator[TextIO]:
    """Open a file that may be packed, as text without a byte order mark and its first lines."""
    with path.open("rb") as raw:
        binary = gzip.GzipFile(fileobj=raw) if is_gzip(path) else raw
        decoder = "utf-8-sig" if encoding == "utf-8" else encoding
        with io.TextIOWrapper(binary, encoding=decoder, errors=errors, newline="") as text:
            for _ in range(skip):
                text.readline()
            yield text
