"""Reads a body of type text/csv into columns of text, one for each feature.

Missing values are the words that are missing ones in a training file.
"""

from __future__ import annotations

import csv
import io
import sys

import pyarrow as pa
import pyarrow.csv as arrow_csv

from sklearn_trainer.column_names import unique_names
from sklearn_trainer.missing_words import MISSING, without_missing
from sklearn_trainer.serving.errors import RequestError, shown
from sklearn_trainer.serving.layout import Layout

HEADER_PARAMETER = "header"


def read_csv_body(body: bytes, layout: Layout, header: str | None) -> dict[str, pa.ChunkedArray]:
    """Return the features' columns.

    Parameters
    ----------
    header
        `present` or `absent` by the content type (RFC 4180); None looks at the first record.
    """
    text = _decoded(body)
    delimiter, number, first = _first_record(text, layout)
    names = unique_names(first)
    has_header = header == "present" or (header is None and layout.knows(names))
    positions = layout.by_name(names) if has_header else layout.by_position(len(first))
    table = _read(text.encode(), delimiter, len(first), skip=number if has_header else 0)
    if len(table) == 0:
        raise no_rows()
    return {name: without_missing(table.column(where)) for name, where in positions.items()}


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


def _first_record(text: str, layout: Layout) -> tuple[str, int, list[str]]:
    """Return the delimiter, a comma or that of the training files, and the first record by it.

    Empty lines above it are no records, but count in its number, as they do for Arrow.
    """
    csv.field_size_limit(sys.maxsize)
    found = []
    for delimiter in dict.fromkeys((",", layout.input.delimiter)):
        try:
            records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            record = next(((n, each) for n, each in enumerate(records, 1) if each), None)
        except csv.Error as error:
            raise _not_csv(str(error)) from error
        if record is None:
            raise no_rows()
        found.append((delimiter, *record))
    return max(found, key=lambda each: (len(each[2]) > 1, each[0] == layout.input.delimiter))


def _read(body: bytes, delimiter: str, width: int, *, skip: int) -> pa.Table:
    names = [str(index) for index in range(width)]
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
                column_types=dict.fromkeys(names, pa.string()),
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
