"""What a faulty record of a CSV file is, and the words for it, with the numbers of its lines."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sklearn_trainer.errors import DatasetError

_SHOWN_LINES: Final = 3


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
    lines: Iterable[str], delimiter: str, *, above: int = 0, field_limit: int = 2**31 - 1
) -> Iterator[CsvRecord]:
    """Read records with the numbers of their lines; empty lines are none.

    Parameters
    ----------
    lines
        Lines with their ends, below the first `above` ones.
    field_limit
        Characters that a field may have; csv.Error beyond.
    """
    csv.field_size_limit(field_limit)
    quotes = 0

    def counted() -> Iterator[str]:
        nonlocal quotes
        for line in lines:
            quotes += line.count('"')
            yield line

    reader = csv.reader(counted(), delimiter=delimiter)
    last = above
    for fields in reader:
        if fields:
            yield CsvRecord(last + 1, above + reader.line_num, fields, quotes)
        last, quotes = above + reader.line_num, 0


def wrong_width(
    odd: Sequence[CsvRecord], width: int, delimiter: str, where: str, *, to_do: str = ""
) -> DatasetError:
    """Explain that records have another number of fields than the header.

    Parameters
    ----------
    to_do
        What to do about it, where the caller knows better than what the first record shows.
    """
    first = odd[0]
    lines = ", ".join(str(each.first) for each in odd[:_SHOWN_LINES])
    more = f" and {len(odd) - _SHOWN_LINES} more" if len(odd) > _SHOWN_LINES else ""
    fields = len(first.fields)
    if first.last > first.first or first.is_open:
        end = "is never closed" if first.is_open else f"closes in line {first.last}"
        to_do = (
            f"A quotation mark opens in line {first.first} and {end}: close it where its field "
            "ends, or double it if it is part of the text."
        )
    elif fields == 1:
        to_do = f"Write these lines with the delimiter {delimiter!r}, or remove them."
    return DatasetError(
        "A line has another number of fields than the header"
        if len(odd) == 1
        else f"{len(odd)} lines have another number of fields than the header",
        where=f"{where}, line{'s' if len(odd) > 1 else ''} {lines}{more}",
        found=f"{fields} field{'s' if fields > 1 else ''}",
        expected=f"{width}",
        to_do=to_do or "Quote fields that hold the delimiter or a newline, and fix broken lines.",
    )


def check_last_record(last: CsvRecord, where: str) -> None:
    """Raise DatasetError for a last record that only ends with its file.

    The marks around and within fields come in pairs, so where a mark is never closed their number
    is odd.
    """
    if last.quotes % 2:
        raise DatasetError(
            "A quotation mark is never closed",
            where=f"{where}, line {last.first}",
            found=f"a field that goes on to the end of the file, in line {last.last}",
            to_do="Close it where its field ends, or double it if it is part of the text.",
        )


def header_again(where: str, times: int) -> DatasetError:
    """Explain that the header comes back among the rows."""
    return DatasetError(
        "The header comes again among the rows",
        where=where,
        found=f"it {times} more time{'s' if times > 1 else ''}",
        to_do="Remove these lines: files were joined with their headers.",
    )


def unreadable(reason: str, where: str) -> DatasetError:
    """Explain what a parser stumbled over, where nobody has better words for it."""
    return DatasetError(
        "The file cannot be read as CSV",
        where=where,
        found=reason[:300],
        expected="records with as many fields as the header",
        to_do="Quote fields that hold the delimiter or a newline, fix broken records, and look for "
        "a quotation mark that is never closed.",
    )
