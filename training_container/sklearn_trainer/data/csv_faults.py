"""Opens a text table, and says what is wrong with one that cannot be read, with the lines' numbers.

Only a job that fails reads its file a second time, line by line.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data.values import is_text
from sklearn_trainer.errors import DatasetError
from tunedrop_common.data_text import quote
from tunedrop_common.plan import CsvDialect

BLOCK_BYTES: Final = 16 * 2**20
"""What is read of a file at a time: a record must fit into one block."""

HEADER_BYTES: Final = 2**20
"""A header may have so many, and so many are read to find out how a file is written."""

# A total is below so many rows, and rounded.
_FEWEST_SUMMED = 5
_CLOSE = 1e-3

GZIP: Final = b"\x1f\x8b"

# What is read behind the last line: a record of its own, unless a quotation mark is still open.
_END = "\0end of the text\0"

_MOST_LINES_COUNTED = 1_000
_SHOWN_LINES = 3


class CsvRecord(NamedTuple):
    """A record, with the lines (from 1) where it starts and ends."""

    first: int
    last: int
    fields: list[str]


def read_records(
    path: Path,
    dialect: CsvDialect,
    encoding: str,
    *,
    errors: str = "replace",
    limit: int = BLOCK_BYTES,
) -> Iterator[CsvRecord]:
    """Read the header and all other records; empty lines are none.

    Parameters
    ----------
    limit
        Bytes that a record may have.

    Raises
    ------
    DatasetError
        For a longer record, of which no more than that is read into memory, and for a quotation
        mark that is never closed.
    """
    csv.field_size_limit(2 * limit)
    above, size = dialect.lines_above_header, 0
    decoder = "utf-8-sig" if encoding == "utf-8" else encoding
    with (
        open_binary(path) as binary,
        io.TextIOWrapper(binary, encoding=decoder, errors=errors, newline="") as text,
    ):
        for _ in range(above):
            text.readline()

        def lines() -> Iterator[str]:
            nonlocal size
            while size < limit and (line := text.readline(limit)):
                size += len(line.encode())
                yield line
            yield _END

        reader = csv.reader(lines(), delimiter=dialect.delimiter)
        last = above
        for fields in reader:
            if not size:
                return
            first, last = last + 1, above + reader.line_num
            if fields and fields[-1].endswith(_END):
                rest = iter(lambda: text.readline(BLOCK_BYTES), "")
                if not any('"' in line for line in rest):
                    raise DatasetError(
                        "A quotation mark is never closed",
                        where=f"{path.name}, line {first}",
                        found="a field that goes on to the end of the file",
                        to_do="Close it where its field ends, or double it if it is part of the "
                        "text.",
                    )
            if size >= limit:
                raise long_line(f"{path.name}, line {first}", limit)
            if fields:
                yield CsvRecord(first, last, fields)
            size = 0


def long_line(where: str, limit: int) -> DatasetError:
    """Explain that a header or a record is too long."""
    return DatasetError(
        "A line is longer than a line of a table can be",
        where=where,
        expected=f"at most {limit // 2**20} MiB",
        to_do="Look for a quotation mark that is never closed, end each record with a newline, or "
        "leave the long text out.",
    )


def explain(path: Path, dialect: CsvDialect, encoding: str, reason: str) -> DatasetError:
    """Return the error that says which records are not as wide as the header; else the reason."""
    records = read_records(path, dialect, encoding)
    width = sum(len(header.fields) for header in islice(records, 1)) + bool(dialect.unnamed_column)
    wrong = (record for record in records if len(record.fields) != width)
    odd = list(islice(wrong, _MOST_LINES_COUNTED))
    if not odd:
        return DatasetError(
            "The file cannot be read as CSV",
            where=path.name,
            found=reason[:300],
            expected="records with as many fields as the header",
            to_do="Quote fields that hold the delimiter or a newline, and fix broken records.",
        )
    first, count, fields = odd[0], len(odd), len(odd[0].fields)
    lines = ", ".join(str(record.first) for record in odd[:_SHOWN_LINES])
    more = f" and {count - _SHOWN_LINES} more" if count > _SHOWN_LINES else ""
    to_do = "Quote fields that hold the delimiter or a newline, and fix broken lines."
    if first.last > first.first:
        to_do = (
            f"A quotation mark opens in line {first.first} and closes in line {first.last}: close "
            "it where its field ends, or double it if it is part of the text."
        )
    elif fields == 1:
        to_do = f"Write these lines with the delimiter {dialect.delimiter!r}, or remove them."
    return DatasetError(
        "A line has another number of fields than the header"
        if count == 1
        else f"{count} lines have another number of fields than the header",
        where=f"{path.name}, line{'s' if count > 1 else ''} {lines}{more}",
        found=f"{fields} field{'s' if fields > 1 else ''}",
        expected=f"{width}",
        to_do=to_do,
    )


def check_header_once(table: pa.Table) -> None:
    """Raise DatasetError for a row with the names of all columns: files were joined with headers.

    Where it is there, no column has been read as numbers.
    """
    if not all(is_text(field.type) for field in table.schema):
        return
    is_header = np.ones(len(table), dtype=np.bool_)
    for name, column in zip(table.schema.names, table.columns, strict=True):
        words = pc.utf8_trim(column.cast(pa.string()), " \t\ufeff")
        is_header &= np.asarray(pc.equal(words, name).fill_null(False))
        if not is_header.any():
            return
    count = int(is_header.sum())
    raise DatasetError(
        "The header comes again among the rows",
        where=f"data row {np.argmax(is_header) + 1}",
        found=f"it {count} more time{'s' if count > 1 else ''}",
        to_do="Remove these lines: files were joined with their headers.",
    )


def check_last_row(table: pa.Table, where: str) -> None:
    """Raise DatasetError for a last row whose numbers are the sums of the numbers above it."""
    is_sum = []
    for column in table.columns:
        if not pa.types.is_floating(column.type) or not column[-1].is_valid:
            continue
        *above, total = column.drop_null().to_numpy()
        if np.count_nonzero(above) < _FEWEST_SUMMED:
            return
        is_sum.append(math.isclose(total, math.fsum(above), rel_tol=_CLOSE) and total != 0)
    if is_sum and all(is_sum):
        last = ", ".join(str(column[-1].as_py() or "") for column in table.columns)
        raise DatasetError(
            "The last row sums up the others",
            where=where,
            found=quote(last),
            expected="rows of data only",
            to_do="Remove the total. If the row is data, write its words otherwise.",
        )


def broken_gzip(path: Path) -> DatasetError:
    """Return the error for a packed file that ends too early or is damaged."""
    return DatasetError(
        "The compressed file is broken",
        where=path.name,
        expected="a complete gzip file",
        to_do="Compress and drop it again; a broken upload is the usual cause.",
    )


def is_gzip(path: Path) -> bool:
    """Check whether a file is packed, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == GZIP


@contextmanager
def open_binary(path: Path) -> Iterator[gzip.GzipFile | io.BufferedReader]:
    """Open a file that may be packed; raise DatasetError where it turns out to be broken."""
    try:
        with path.open("rb") as raw:
            yield gzip.GzipFile(fileobj=raw) if is_gzip(path) else raw
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise broken_gzip(path) from error
