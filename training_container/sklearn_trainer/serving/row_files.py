"""Reads rows to predict in pieces, and writes those of a file as they came with more columns.

Memory does not grow with a file: a piece has 10,000 rows or 8 MB of text. Text stays as it was,
quotation marks included; Parquet stays Parquet.
"""

from __future__ import annotations

import csv
import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import SEEK_END, BytesIO, TextIOWrapper
from itertools import chain, tee
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from sklearn_trainer.data.column_names import unique_names
from sklearn_trainer.data.parquet_files import BUFFER_BYTES, plain_table
from sklearn_trainer.data.text_parsing import MISSING, clean_text
from sklearn_trainer.errors import RequestError
from sklearn_trainer.serving.body import Columns, Layout, no_rows, wrong_width
from tunedrop_common.data_text import quote

PIECE_ROWS: Final = 10_000
PIECE_BYTES: Final = 8 * 2**20
LONGEST_LINE: Final = 16 * 2**20  # characters


def check_size(decoded_bytes: int, most: int) -> None:
    """Raise RequestError if so much was decoded, which may be many times a file's size."""
    if decoded_bytes > most:
        raise RequestError(
            "The file is larger than what is predicted at once",
            found=f"more than {most:,} bytes when decoded",
            expected=f"at most {most:,}",
            to_do="Split the file, or use a batch transform (docs/serving.md).",
        )


@dataclass(frozen=True)
class Piece:
    """Some rows: the columns that the model and a score need, and the rows as they came.

    Those of text are the lines of each row, those of Parquet a record batch.
    """

    columns: Columns
    rows: Any


def read_csv(body: bytes, layout: Layout, header: str | None) -> Columns:
    """Return the columns of a request's rows, as text; see `CsvRows`."""
    rows = CsvRows(BytesIO(body), layout, max_bytes=len(body), header=header)
    pieces = [piece.columns for piece in rows]
    return {
        name: pa.chunked_array([chunk for piece in pieces for chunk in piece[name].chunks])
        for name in pieces[0]
    }


def open_rows(path: Path, layout: Layout, max_bytes: int) -> CsvRows | ParquetRows:
    """Return the rows of a file by its suffix: CsvRows or ParquetRows."""
    if path.suffix == ".parquet":
        return ParquetRows(path, layout, max_bytes)
    return CsvRows(path.open("rb"), layout, max_bytes=max_bytes, is_packed=path.suffix == ".gz")


class CsvRows:
    """Rows of text; the delimiter is that of the training files, or a comma.

    Without a header the columns have the training data's names.

    Parameters
    ----------
    max_bytes
        Of the decoded text.
    header
        `present` or `absent` by the content type (RFC 4180); None looks at the first row.
    """

    def __init__(
        self,
        file: IO[bytes],
        layout: Layout,
        *,
        max_bytes: int,
        is_packed: bool = False,
        header: str | None = None,
    ) -> None:
        self._file, self._max_bytes = file, max_bytes
        self._bytes = file.seek(0, SEEK_END)
        file.seek(0)
        self._decoded: Any = gzip.GzipFile(fileobj=file) if is_packed else file
        self._text = TextIOWrapper(self._decoded, "utf-8-sig", newline="")
        self.header = ""
        csv.field_size_limit(sys.maxsize)
        with _explained():
            lines, ahead = tee(self._lines())
            trained = layout.input.delimiter
            cells = next(filter(None, csv.reader(ahead, delimiter=trained)), [])
            self.delimiter = trained if len(cells) > 1 else ","
            rows = self._parsed(lines)
            first = next(rows, None)
            if first and (header == "present" or (header is None and layout.knows(first[0]))):
                self.names, self.header = unique_names(first[0]), first[1]
                first = next(rows, None)
        if first is None:
            raise no_rows()
        if not self.header:
            self.names = layout.names_of(len(first[0]))
        self._rows = chain([first], rows)
        self._positions = layout.with_outcomes(self.names)

    @property
    def fraction(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return self._file.tell() / self._bytes

    def open_answer(self, path: Path, added_names: Sequence[str]) -> CsvAnswer:
        """Return what writes the pieces with further columns."""
        return CsvAnswer(path, self, added_names)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[Piece]:
        """Yield the rows in pieces."""
        cells: list[list[str]] = []
        texts: list[str] = []
        size = 0
        with _explained():
            for number, (row, text) in enumerate(self._rows, start=1):
                if len(row) != len(self.names):
                    raise wrong_width(number, len(row), len(self.names))
                cells.append(row)
                texts.append(text)
                size += len(text)
                if len(cells) == PIECE_ROWS or size > PIECE_BYTES:
                    yield Piece(self._columns(cells), texts)
                    cells, texts, size = [], [], 0
        if cells:
            yield Piece(self._columns(cells), texts)

    def _columns(self, cells: list[list[str]]) -> Columns:
        columns = {}
        for name, position in self._positions.items():
            words = pa.chunked_array([pa.array([row[position] for row in cells], pa.string())])
            columns[name] = clean_text(words, MISSING)
        return columns

    def _parsed(self, lines: Iterable[str]) -> Iterator[tuple[list[str], str]]:
        """Yield the cells of each row and its text; empty lines are no rows."""
        pending: list[str] = []  # lines of the current row

        def keep_lines() -> Iterator[str]:
            for line in lines:
                pending.append(line)
                yield line

        for cells in csv.reader(keep_lines(), delimiter=self.delimiter, strict=True):
            if cells:
                yield cells, "".join(pending)
            pending.clear()

    def _lines(self) -> Iterator[str]:
        while line := self._text.readline(LONGEST_LINE + 1):
            check_size(self._decoded.tell(), self._max_bytes)
            if len(line) > LONGEST_LINE:
                raise RequestError(
                    "A line is too long to be a row",
                    expected=f"at most {LONGEST_LINE:,} characters",
                    to_do="Close every quotation mark, and end every row with a line break.",
                )
            yield line


class CsvAnswer:
    """Writes the rows of a text file with further columns behind them."""

    def __init__(self, path: Path, rows: CsvRows, added_names: Sequence[str]) -> None:
        # Without a time in it, the same rows give the same file.
        self._file: Any = (
            gzip.GzipFile(path, "wb", compresslevel=4, mtime=0)
            if path.suffix == ".gz"
            else path.open("wb")
        )
        to_text = SimpleNamespace(write=str)  # what its row is written to returns the text of it
        self._writer = csv.writer(to_text, delimiter=rows.delimiter, lineterminator="\r\n")
        self._delimiter = rows.delimiter
        header = rows.header or self._write(rows.names)
        self.write(Piece({}, [header]), [[name] for name in added_names])

    def write(self, piece: Piece, added: Sequence[Sequence[Any]]) -> None:
        """Write the rows of a piece; `added` has the values of each further column."""
        lines = [
            text.rstrip("\r\n") + self._delimiter + self._write(row) + "\n"
            for text, row in zip(piece.rows, zip(*added, strict=True), strict=True)
        ]
        self._file.write("".join(lines).encode())

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def _write(self, row: Iterable[Any]) -> str:
        text: str = self._writer.writerow(map(to_cell, row))
        return text.removesuffix("\r\n")


def to_cell(value: Any) -> Any:
    """Return true and false as text tables have them, other values as they are."""
    return str(value).lower() if isinstance(value, bool) else value


class ParquetRows:
    """Rows of a Parquet file."""

    def __init__(self, path: Path, layout: Layout, max_bytes: int) -> None:
        self._max_bytes, self._decoded, self._read_rows = max_bytes, 0, 0
        with _explained():
            self._file = pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False)
        if not self._file.metadata.num_rows:
            raise no_rows()
        self.schema = self._file.schema_arrow
        self.names = unique_names(self.schema.names)
        self._positions = layout.with_outcomes(self.names)

    @property
    def fraction(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return float(self._read_rows / self._file.metadata.num_rows)

    def open_answer(self, path: Path, added_names: Sequence[str]) -> ParquetAnswer:
        """Return what writes the pieces with further columns."""
        return ParquetAnswer(path, self.schema, added_names)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[Piece]:
        """Yield the rows in pieces."""
        with _explained():
            for batch in self._file.iter_batches(batch_size=PIECE_ROWS):
                self._decoded += batch.nbytes
                check_size(self._decoded, self._max_bytes)
                self._read_rows += len(batch)
                batch.validate(full=True)
                needed = {name: batch.column(at) for name, at in self._positions.items()}
                table = plain_table(pa.table(needed))
                yield Piece(dict(zip(needed, table.columns, strict=True)), batch)


class ParquetAnswer:
    """Writes the rows of a Parquet file with further columns behind them."""

    def __init__(self, path: Path, schema: pa.Schema, added_names: Sequence[str]) -> None:
        self._path, self._schema, self._names = path, schema, added_names
        self._writer: pq.ParquetWriter | None = None

    def write(self, piece: Piece, added: Sequence[Sequence[Any]]) -> None:
        """Write the rows of a piece; `added` has the values of each further column."""
        arrays = [pa.array(values) for values in added]
        if self._writer is None:
            for name, array in zip(self._names, arrays, strict=True):
                self._schema = self._schema.append(pa.field(name, array.type))
            self._writer = pq.ParquetWriter(self._path, self._schema)
        columns = [*piece.rows.columns, *arrays]
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
            "The rows are not UTF-8",
            found=f"the byte {error.object[error.start]:#04x}",
            to_do="Encode the text as UTF-8.",
        ) from error
    except csv.Error as error:
        raise RequestError(
            "The rows cannot be read as CSV",
            found=quote(str(error)),
            to_do="Quote values that hold the delimiter, a quote or a line break.",
        ) from error
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise RequestError(
            "The file cannot be read",
            found=quote(str(error)[:300]),
            to_do="Write the file again; a broken upload is the usual cause.",
        ) from error
