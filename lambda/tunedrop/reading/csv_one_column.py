"""What is wrong with a text table whose first line no delimiter cuts in two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tunedrop.errors import DatasetError
from tunedrop.reading.csv_faults import preamble, records_of
from tunedrop.reading.csv_header import is_number
from tunedrop.reading.csv_text import DELIMITERS
from tunedrop_common.csv_lines import CsvRecord

_OTHER_DELIMITERS = (":", "^", "~", "\x01", "\x1f", "\u00a6", "\u00a7", "/", "#", "&", "!")

_LOOKED_AT = 512 * 1024
_LOOKED_AT_LINES = 100
_SHOWN_CHARACTERS = 60


def one_column(text: str, where: str) -> DatasetError:
    """Explain a first line that no delimiter cuts in two."""
    text = text[:_LOOKED_AT]
    first = next(records_of(text, DELIMITERS[0]), None)
    if first is None or not text.strip():
        return DatasetError(
            "The file has no lines of data", where=where, to_do="Drop it again, complete."
        )
    lines = [line for line in text.splitlines() if line.strip()][:_LOOKED_AT_LINES]
    lines = lines or first.fields
    if text.lstrip().startswith('"') and any(each in first.fields[0] for each in DELIMITERS):
        return _quoted_as_a_whole(lines[0][:_SHOWN_CHARACTERS], where)
    if _are_aligned(lines):
        return _by_other_characters(repr(first.fields[0][:_SHOWN_CHARACTERS]), "spaces", where)
    for delimiter in DELIMITERS:
        rows = list(records_of(text, delimiter))
        usual, count = Counter(len(row.fields) for row in rows).most_common(1)[0]
        if usual > 1 and count > len(rows) / 2 and not _is_of_numbers(rows, usual):
            return preamble(rows[0], rows, usual, where)
    for mark in _OTHER_DELIMITERS:
        if 0 < lines[0].count(mark) == min(line.count(mark) for line in lines):
            return _by_other_characters(repr(lines[0][:_SHOWN_CHARACTERS]), repr(mark), where)
    return DatasetError(
        "The table has only one column",
        where=where,
        found=repr(first.fields[0][:_SHOWN_CHARACTERS]),
        expected="columns separated by comma, semicolon, tab or |",
        to_do="Save it with one of these delimiters, with the target and at least one feature.",
    )


def _quoted_as_a_whole(line: str, where: str) -> DatasetError:
    return DatasetError(
        "Quotation marks stand around whole lines",
        where=where,
        found=line,
        expected="quotation marks around single fields, or none",
        to_do="Remove the ones around the lines, and write doubled ones inside of them once.",
    )


def _are_aligned(lines: Sequence[str]) -> bool:
    """Tell whether spaces stand between the columns: R's and pandas's tables for people have so."""
    header, *rows = (line.split() for line in lines)
    widths = {len(row) for row in rows}
    if len(header) > 1 and len(rows) > 1 and widths in ({len(header)}, {len(header) + 1}):
        return True
    return len(rows) > 1 and all("  " in line.strip() for line in lines)


def _by_other_characters(found: str, what: str, where: str) -> DatasetError:
    reader = r'sep=r"\s+"' if what == "spaces" else f"sep={what}"
    return DatasetError(
        f"The columns seem to be separated by {what}",
        where=where,
        found=found,
        expected="columns separated by comma, semicolon, tab or |",
        to_do=f'Convert it, with pandas: `pandas.read_csv("table.txt", {reader})'
        '.to_csv("train.csv", index=False)`'
        + ("; read_fwf instead where values have spaces in them." if what == "spaces" else "."),
    )


def _is_of_numbers(rows: Sequence[CsvRecord], usual: int) -> bool:
    """Tell whether what is cut in two are the decimal commas of a single column."""
    first = next(row for row in rows if len(row.fields) == usual)
    return all(is_number(field.strip()) for field in first.fields)
