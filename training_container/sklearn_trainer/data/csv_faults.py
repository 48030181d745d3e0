"""Opens a text table, and says what is wrong with one that cannot be read, with the lines' numbers.

Only a job that fails reads its file a second time, line by line.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data.values import is_text
from sklearn_trainer.errors import DatasetError
from tunedrop_common.data_text import quote, quote_all
from tunedrop_common.plan import CsvDialect

BLOCK_BYTES: Final = 16 * 2**20
"""What is read of a file at a time: a record must fit into one block."""

HEADER_BYTES: Final = 2**20
"""A header may have so many, and so many are read to find out how a file is written."""

# A total is below so many rows, and rounded.
_FEWEST_SUMMED = 5
_CLOSE = 1e-3

_GZIP = b"\x1f\x8b"
_MOST_LINES_COUNTED = 1_000
_SHOWN_LINES = 3


@dataclass(frozen=True)
class CsvRecord:
    """A record, with the lines (from 1) where it starts and ends and its quotation marks."""

    first: int
    last: int
    fields: list[str]
    quotes: int

    @property
    def is_open(self) -> bool:
        """Whether a quotation mark opens in its last field and the text ends before it closes."""
        return self.fields[-1].endswith(("\n", "\r"))


def numbered_records(
    text: TextIO, delimiter: str, where: str, *, above: int = 0, limit: int = BLOCK_BYTES
) -> Iterator[CsvRecord]:
    """Read records with the numbers of their lines; empty lines are none.

    Parameters
    ----------
    text
        The lines below the first `above` ones.
    limit
        Bytes that a record may have.

    Raises
    ------
    DatasetError
        For a longer record, of which no more than that is read into memory.
    """
    csv.field_size_limit(2 * limit)
    size = quotes = 0
    last = above

    def counted() -> Iterator[str]:
        nonlocal size, quotes
        while size < limit and (line := text.readline(limit)):
            size += len(line.encode())
            quotes += line.count('"')
            yield line if size < limit else line + "\n"

    reader = csv.reader(counted(), delimiter=delimiter)
    for fields in reader:
        if size >= limit:
            cut = CsvRecord(last + 1, above + reader.line_num, fields, quotes)
            raise _endless_record(text, cut, limit, where)
        if fields:
            yield CsvRecord(last + 1, above + reader.line_num, fields, quotes)
        last, size, quotes = above + reader.line_num, 0, 0


def check_last_record(last: CsvRecord, where: str) -> None:
    """Raise DatasetError for a last record that only ends with its file.

    The marks around and within fields come in pairs, so where a mark is never closed their number
    is odd.
    """
    if last.quotes % 2:
        raise _never_closed(f"{where}, line {last.first}", f", in line {last.last}")


def _endless_record(text: TextIO, cut: CsvRecord, limit: int, where: str) -> DatasetError:
    """Explain a record that has not ended, by its start and the marks in the rest of the text."""
    where = f"{where}, line {cut.first}"
    rest = iter(lambda: text.readline(BLOCK_BYTES), "")
    if cut.is_open and not any('"' in line for line in rest):
        return _never_closed(where, "")
    return long_line(where, limit)


def _never_closed(where: str, end: str) -> DatasetError:
    return DatasetError(
        "A quotation mark is never closed",
        where=where,
        found=f"a field that goes on to the end of the file{end}",
        to_do="Close it where its field ends, or double it if it is part of the text.",
    )


def long_line(where: str, limit: int) -> DatasetError:
    """Explain that a header or a record is too long."""
    return DatasetError(
        "A line is longer than a line of a table can be",
        where=where,
        expected=f"at most {limit // 2**20} MiB",
        to_do="Look for a quotation mark that is never closed, end each record with a newline, or "
        "leave the long text out.",
    )


def unreadable(reason: str, where: str) -> DatasetError:
    """Explain a parser error that has no message of its own."""
    return DatasetError(
        "The file cannot be read as CSV",
        where=where,
        found=reason[:300],
        expected="records with as many fields as the header",
        to_do="Quote fields that hold the delimiter or a newline, fix broken records, and look for "
        "a quotation mark that is never closed.",
    )


def explain(path: Path, dialect: CsvDialect, encoding: str, reason: str) -> DatasetError:
    """Return the error that says which lines are not as wide as the header; else the reason."""
    try:
        with open_text(path, encoding, "replace", skip=dialect.lines_above_header) as text:
            error = _find_wrong_width(text, dialect, path.name)
    except (OSError, EOFError) as broken:
        return broken_gzip(path) if is_gzip(path) else unreadable(str(broken), path.name)
    except csv.Error as broken:
        return unreadable(str(broken), path.name)
    if error is not None:
        return error
    return broken_gzip(path) if "zlib" in reason else unreadable(reason, path.name)


def _find_wrong_width(text: TextIO, dialect: CsvDialect, where: str) -> DatasetError | None:
    """Return the error about the records that are not as wide as the header."""
    above = dialect.lines_above_header
    records = numbered_records(text, dialect.delimiter, where, above=above)
    header = next(records, None)
    if header is None:
        return None
    width = len(header.fields) + bool(dialect.unnamed_column)
    wrong = (record for record in records if len(record.fields) != width)
    odd = list(islice(wrong, _MOST_LINES_COUNTED))
    if not odd:
        return None
    first, count, fields = odd[0], len(odd), len(odd[0].fields)
    lines = ", ".join(str(record.first) for record in odd[:_SHOWN_LINES])
    more = f" and {count - _SHOWN_LINES} more" if count > _SHOWN_LINES else ""
    to_do = "Quote fields that hold the delimiter or a newline, and fix broken lines."
    if first.last > first.first or first.is_open:
        end = "is never closed" if first.is_open else f"closes in line {first.last}"
        to_do = (
            f"A quotation mark opens in line {first.first} and {end}: close it where its field "
            "ends, or double it if it is part of the text."
        )
    elif fields == 1:
        to_do = f"Write these lines with the delimiter {dialect.delimiter!r}, or remove them."
    return DatasetError(
        "A line has another number of fields than the header"
        if count == 1
        else f"{count} lines have another number of fields than the header",
        where=f"{where}, line{'s' if count > 1 else ''} {lines}{more}",
        found=f"{fields} field{'s' if fields > 1 else ''}",
        expected=f"{width}",
        to_do=to_do,
    )


def check_end(path: Path, dialect: CsvDialect, encoding: str) -> None:
    """Raise DatasetError where the last record only ends with the file: a mark is never closed."""
    above = dialect.lines_above_header
    with open_text(path, encoding, "replace", skip=above) as text:
        records = numbered_records(text, dialect.delimiter, path.name, above=above)
        last = deque(records, maxlen=1)
    if last:
        check_last_record(last[0], path.name)


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


def one_column(text: str, where: str) -> DatasetError:
    """Return the error for a first line that no delimiter cuts in two."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    if not line:
        return DatasetError(
            "The file has no lines of data", where=where, to_do="Drop it again, complete."
        )
    return DatasetError(
        "The table has only one column",
        where=where,
        found=quote(line),
        expected="columns separated by comma, semicolon, tab or |",
        to_do="Save it with one of these delimiters, with the target and at least one feature. The "
        "first line has the names of the columns: remove titles above it.",
    )


def other_header(
    names: Sequence[str], first_names: Sequence[str], where: str, first: str
) -> DatasetError:
    """Return the error for a part file whose header is not that of the first."""
    return DatasetError(
        f"The header of a file differs from that of {first}",
        where=f"{where}, line 1",
        found=quote_all(names),
        expected=quote_all(first_names),
        to_do="Write all parts with the same names in the same order, and the same delimiter (in "
        'Spark: `.option("header", True)`).',
    )


def nul_characters(text: str, where: str) -> DatasetError:
    """Return the error for a text with NUL characters."""
    return DatasetError(
        "The text has NUL characters in it",
        where=f"{where}, line {text.count(chr(10), 0, text.index(chr(0))) + 1}",
        to_do="Write or copy the file again, as UTF-8.",
    )


def undecodable(path: Path, encoding: str) -> DatasetError:
    """Return the error for a text that is not written in the encoding that its start shows."""
    return DatasetError(
        "The text of the data cannot be decoded",
        where=path.name,
        expected=encoding,
        to_do="Save the file as UTF-8.",
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
        return file.read(2) == _GZIP


@contextmanager
def open_binary(path: Path) -> Iterator[gzip.GzipFile | io.BufferedReader]:
    """Open a file that may be packed."""
    with path.open("rb") as raw:
        yield gzip.GzipFile(fileobj=raw) if is_gzip(path) else raw


@contextmanager
def open_text(
    path: Path, encoding: str, errors: str = "strict", *, skip: int = 0
) -> Iterator[TextIO]:
    """Open a file that may be packed, as text without a byte order mark and its first lines."""
    decoder = "utf-8-sig" if encoding == "utf-8" else encoding
    with (
        open_binary(path) as binary,
        io.TextIOWrapper(binary, encoding=decoder, errors=errors, newline="") as text,
    ):
        for _ in range(skip):
            text.readline()
        yield text
