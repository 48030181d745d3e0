"""Reads files of rows to predict in pieces, and writes the rows as they came with more columns.

Memory does not grow with the file: a piece has 10,000 rows or 8 MB of text. Text stays as it was,
quotation marks included; Parquet stays Parquet.
"""

from __future__ import annotations

import csv
import gzip
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from sklearn_trainer.data.column_names import unique_names
from sklearn_trainer.data.parquet_files import BUFFER_BYTES, plain_table
from sklearn_trainer.data.text_parsing import MISSING, clean_text
from sklearn_trainer.errors import RequestError
from sklearn_trainer.serving.body import Columns, Layout
from tunedrop_common.data_text import quote

PIECE_ROWS: Final = 10_000
PIECE_BYTES: Final = 8 * 2**20
LONGEST_LINE: Final = 16 * 2**20


@dataclass
class DecodedBytes:
    """Counts what was decoded, which may be many times a file's size.

    Raises
    ------
    RequestError
        If it is more than `most`.
    """

    most: int
    count: int = 0

    def add(self, count: int) -> None:
        """Count further bytes."""
        self.count += count
        if self.count > self.most:
            raise RequestError(
                "The file is larger than what is predicted at once",
                found=f"more than {self.most:,} bytes when decoded",
                expected=f"at most {self.most:,}",
                to_do="Split the file, or use a batch transform (docs/serving.md).",
            )


@dataclass(frozen=True)
class TextPiece:
    """Some rows of a text file: what the model and a score need, and each row as it was written."""

    columns: Columns
    texts: list[str]


@dataclass(frozen=True)
class ArrowPiece:
    """Some rows of a Parquet file: what the model and a score need, and all columns."""

    columns: Columns
    batch: pa.RecordBatch


class CsvRows:
    """Rows of text; the delimiter is that of the training files, or a comma.

    Without a header the columns have the training data's names.
    """

    def __init__(self, path: Path, layout: Layout, decoded: DecodedBytes) -> None:
        self._raw = path.open("rb")
        self._bytes = max(1, path.stat().st_size)
        self._decoded = decoded
        is_packed = path.suffix == ".gz"
        self._file: BufferedIOBase = gzip.GzipFile(fileobj=self._raw) if is_packed else self._raw
        self._pending: list[str] = []  # lines of the current row
        csv.field_size_limit(sys.maxsize)
        with _explained():
            first_line = next(self._lines(), "")
            trained = layout.input.delimiter
            cells = next(csv.reader([first_line], delimiter=trained), [])
            self.delimiter = trained if len(cells) > 1 else ","
            self._rows = self._parsed(chain([first_line], self._lines()))
            first = next(self._rows, None)
        if first is None:
            raise RequestError("The file has no rows", to_do="Upload it with its rows.")
        cells, text = first
        if layout.knows(cells):
            self.names, self.header = unique_names(cells), text
        else:
            self.names, self.header = layout.names_of(len(cells)), ""
            self._rows = chain([first], self._rows)
        self._positions = layout.with_outcomes(self.names)

    @property
    def fraction(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return self._raw.tell() / self._bytes

    def open_answer(self, path: Path, added_names: Sequence[str]) -> CsvAnswer:
        """Return what writes the pieces with further columns."""
        return CsvAnswer(path, self, added_names)

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def __iter__(self) -> Iterator[TextPiece]:
        """Yield the rows in pieces."""
        cells: list[list[str]] = []
        texts: list[str] = []
        size = 0
        with _explained():
            for number, (row, text) in enumerate(self._rows, start=1):
                if len(row) != len(self.names):
                    raise _wrong_width(number, len(row), len(self.names))
                cells.append(row)
                texts.append(text)
                size += len(text)
                if len(cells) == PIECE_ROWS or size > PIECE_BYTES:
                    yield TextPiece(self._columns(cells), texts)
                    cells, texts, size = [], [], 0
        if cells:
            yield TextPiece(self._columns(cells), texts)

    def _columns(self, cells: list[list[str]]) -> Columns:
        columns = {}
        for name, position in self._positions.items():
            words = pa.chunked_array([pa.array([row[position] for row in cells], pa.string())])
            columns[name] = clean_text(words, MISSING)
        return columns

    def _parsed(self, lines: Iterator[str]) -> Iterator[tuple[list[str], str]]:
        """Yield the cells of each row and its text; empty lines are no rows."""
        for cells in csv.reader(lines, delimiter=self.delimiter, strict=True):
            text = "".join(self._pending)
            self._pending.clear()
            if cells:
                yield cells, text

    def _lines(self) -> Iterator[str]:
        while line := self._file.readline(LONGEST_LINE + 1):
            self._decoded.add(len(line))
            if len(line) > LONGEST_LINE:
                raise RequestError(
                    "A line of the file is too long to be a row",
                    expected=f"at most {LONGEST_LINE:,} bytes",
                    to_do="Close every quotation mark, and end every row with a line break.",
                )
            text = line.decode()
            if self._decoded.count == len(line):
                text = text.removeprefix("\ufeff")
            self._pending.append(text)
            yield text


class CsvAnswer:
    """Writes the rows of a text file with further columns behind them."""

    def __init__(self, path: Path, rows: CsvRows, added_names: Sequence[str]) -> None:
        is_packed = path.suffix == ".gz"
        # Without a time in it, the same rows give the same file.
        self._file: BufferedIOBase = (
            gzip.GzipFile(path, "wb", compresslevel=4, mtime=0) if is_packed else path.open("wb")
        )
        self._delimiter = rows.delimiter
        header = rows.header or self._write(rows.names)
        self._write_lines([header], [[name] for name in added_names])

    def write(self, piece: TextPiece, added: Sequence[Sequence[Any]]) -> None:
        """Write the rows of a piece; `added` has the values of each further column."""
        self._write_lines(piece.texts, added)

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def _write_lines(self, texts: Sequence[str], added: Sequence[Sequence[Any]]) -> None:
        cells = zip(*added, strict=True)
        lines = [
            f"{text}{self._delimiter}{self._write(row)}\n"
            for text, row in zip((text.rstrip("\r\n") for text in texts), cells, strict=True)
        ]
        self._file.write("".join(lines).encode())

    def _write(self, row: Sequence[Any]) -> str:
        return self._delimiter.join(map(self._quoted, row))

    def _quoted(self, value: Any) -> str:
        if not isinstance(value, str):
            return str(value).lower() if isinstance(value, bool) else str(value)
        if any(character in value for character in (self._delimiter, '"', "\r", "\n")):
            return '"' + value.replace('"', '""') + '"'
        return value


class ParquetRows:
    """Rows of a Parquet file."""

    def __init__(self, path: Path, layout: Layout, decoded: DecodedBytes) -> None:
        self._path, self._decoded, self._read_rows = path, decoded, 0
        with _explained():
            self._file = pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False)
        self.schema = self._file.schema_arrow
        self.names = unique_names(self.schema.names)
        self._positions = layout.with_outcomes(self.names)

    @property
    def fraction(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return float(self._read_rows / max(1, self._file.metadata.num_rows))

    def open_answer(self, path: Path, added_names: Sequence[str]) -> ParquetAnswer:
        """Return what writes the pieces with further columns."""
        return ParquetAnswer(path, self.schema, added_names)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[ArrowPiece]:
        """Yield the rows in pieces."""
        with _explained():
            for batch in self._file.iter_batches(batch_size=PIECE_ROWS):
                self._decoded.add(batch.nbytes)
                self._read_rows += len(batch)
                batch.validate(full=True)
                needed = {name: batch.column(at) for name, at in self._positions.items()}
                table = plain_table(pa.table(needed))
                yield ArrowPiece(dict(zip(needed, table.columns, strict=True)), batch)


class ParquetAnswer:
    """Writes the rows of a Parquet file with further columns behind them."""

    def __init__(self, path: Path, schema: pa.Schema, added_names: Sequence[str]) -> None:
        self._path, self._schema, self._names = path, schema, added_names
        self._writer: pq.ParquetWriter | None = None

    def write(self, piece: ArrowPiece, added: Sequence[Sequence[Any]]) -> None:
        """Write the rows of a piece; `added` has the values of each further column."""
        arrays = [pa.array(values) for values in added]
        if self._writer is None:
            for name, array in zip(self._names, arrays, strict=True):
                self._schema = self._schema.append(pa.field(name, array.type))
            self._writer = pq.ParquetWriter(self._path, self._schema)
        columns = [*piece.batch.columns, *arrays]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        """End the file."""
        if self._writer is not None:
            self._writer.close()


@contextmanager
def _explained() -> Iterator[None]:
    """Report what the libraries raise about a file as the error for people."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise RequestError(
            "The file is not UTF-8",
            found=f"the byte {error.object[error.start]:#04x}",
            to_do="Encode the text as UTF-8.",
        ) from error
    except csv.Error as error:
        raise RequestError(
            "The file cannot be read as CSV",
            found=quote(str(error)),
            to_do="Quote values that hold the delimiter, a quote or a line break.",
        ) from error
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise RequestError(
            "The file cannot be read",
            found=quote(str(error)[:300]),
            to_do="Write the file again; a broken upload is the usual cause.",
        ) from error


def _wrong_width(number: int, width: int, expected: int) -> RequestError:
    return RequestError(
        "The row has a different number of values than the first row",
        row=number,
        found=str(width),
        expected=str(expected),
        to_do="Quote values that hold the delimiter, a quote or a line break.",
    )
