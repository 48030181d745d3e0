"""What a faulty record of a CSV file is, and the words for it, with the numbers of its lines."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TextIO

from sklearn_trainer.errors import DatasetError

BLOCK_BYTES: Final = 16 * 2**20
"""What is read of a file at a time: a record must fit into one block."""

HEADER_BYTES: Final = 2**20
"""A header may have so many, and so many are read to find out how a file is written."""


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
