"""Reads a body of type text/csv into columns of text, one for each feature.

Missing values are the words that are missing ones in a training file.
"""

from __future__ import annotations

import csv
import io
import sys
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv as arrow_csv

from sklearn_trainer.data.missing_words import without_missing
from sklearn_trainer.serving.errors import RequestError, shown
from sklearn_trainer.serving.layout import Layout
from tunedrop_common.column_names import unique_names
from tunedrop_common.missing_words import MISSING

MOST_COLUMNS = 100_000
"""PlanRun takes a fifth of that; millions would keep a process busy for a minute."""


def read_csv_body(body: bytes, layout: Layout, header: str | None) -> dict[str, pa.ChunkedArray]:
    """Return the features' columns.

    Parameters
    ----------
    header
        `present` or `absent` by the content type (RFC 4180); None looks at the first record.
    """
    text = _decoded(body)
    start = _start(text, layout)
    if header == "present" or (header is None and layout.knows(start.first)):
        names = unique_names(start.first)
        if start.width == len(names) + 1:
            names = layout.with_unnamed(names)
        positions, width, skip = layout.by_name(names), len(names), start.number
    else:
        width, skip = len(start.first), 0
        positions = layout.by_position(width)
    table = _read(text.encode(), start.delimiter, width, list(positions.values()), skip=skip)
    if len(table) == 0:
        raise no_rows()
    return {
        name: without_missing(column) for name, column in zip(positions, table.columns, strict=True)
    }


def no_rows() -> RequestError:
    """Refuse an empty request."""
    return RequestError("The body has no rows", to_do="Send one row for each prediction.")


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(
            "The body is not UTF-8",
            found=f"the byte {body[error.start]:#04x} at position {error.start}",
            to_do="Encode the text as UTF-8.",
        ) from error


@dataclass(frozen=True)
class _Start:
    """How a body starts.

    Parameters
    ----------
    delimiter
        A comma, or that of the training files.
    number
        Of the first record. Empty lines above it are no records, but count, as they do for Arrow.
    width
        Of the second record, 0 if there is none.
    """

    delimiter: str
    number: int
    first: list[str]
    width: int


def _start(text: str, layout: Layout) -> _Start:
    csv.field_size_limit(sys.maxsize)
    theirs = layout.input.delimiter
    found = [_start_by(delimiter, text) for delimiter in dict.fromkeys((",", theirs))]
    return max(found, key=lambda each: (len(each.first) > 1, each.delimiter == theirs))


def _start_by(delimiter: str, text: str) -> _Start:
    second: list[str] = []
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records = ((number, each) for number, each in enumerate(lines, start=1) if each)
    try:
        number, first = next(records, (0, []))
    except csv.Error as error:
        raise _not_csv(str(error)) from error
    with suppress(csv.Error):  # Arrow says what is wrong below the first
        second = next(records, (0, []))[1]
    if not first:
        raise no_rows()
    if len(first) > MOST_COLUMNS:
        raise RequestError(
            "The first row has too many columns",
            found=str(len(first)),
            expected=f"at most {MOST_COLUMNS}",
            to_do="Send the columns that the model takes.",
        )
    return _Start(delimiter, number, first, len(second))


def _read(body: bytes, delimiter: str, width: int, wanted: list[int], *, skip: int) -> pa.Table:
    names = [str(index) for index in range(width)]
    chosen = [names[position] for position in wanted]
    bad: list[arrow_csv.InvalidRow] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        bad.append(row)
        return "error"

    try:
        return arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(
                column_names=names,
                skip_rows_after_names=skip,
                use_threads=False,
                block_size=len(body) + 1,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=chosen,
                column_types=dict.fromkeys(chosen, pa.string()),
                null_values=list(MISSING),
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if bad:
            row = bad[0]
            raise RequestError(
                "A row has another number of values than the first",
                row=row.number - skip if row.number else None,
                found=str(row.actual_columns),
                expected=str(row.expected_columns),
                to_do="Quote values that hold the delimiter or a line break.",
            ) from error
        raise _not_csv(str(error)) from error


def _not_csv(reason: str) -> RequestError:
    return RequestError(
        "The body cannot be read as CSV",
        found=shown(reason),
        to_do="Quote values that hold the delimiter, a quote or a line break.",
    )
