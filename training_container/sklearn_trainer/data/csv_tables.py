"""Finds out how text files are written, and reads them whole: what PlanRun decides by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from sklearn_trainer.data.column_names import unique_names
from sklearn_trainer.data.column_profiles import SHORTEST_CODE
from sklearn_trainer.data.csv_faults import HEADER_BYTES, long_line, open_binary
from sklearn_trainer.data.csv_files import read_csv_files, read_header
from sklearn_trainer.data.csv_text import (
    ONE_BYTE,
    Head,
    are_numbers,
    check_header,
    check_is_table,
    codec_of_pieces,
    decode,
    find_encoding,
    find_head,
)
from sklearn_trainer.data.text_parsing import MISSING
from sklearn_trainer.data.values import check_columns, one_column
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.schema import WORD_KINDS
from tunedrop_common.data_text import quote
from tunedrop_common.plan import CsvDialect, Kind

# Of so many files.
_MOST_STARTS = 100


def read_csv_table(
    paths: Sequence[Path], kinds: Mapping[str, Kind]
) -> tuple[pa.Table, CsvDialect, dict[str, str]]:
    """Read all columns of text files, numbers as float64 and the rest as text.

    Beside the table are how it is written, and of each column the first word that counts as missing
    among the first rows.

    Parameters
    ----------
    kinds
        The kinds that tuning.yaml names.

    Raises
    ------
    DatasetError
        If the files are no table, or are written in different ways.
    """
    heads = [(path.name, _read_start(path)[0]) for path in paths[:_MOST_STARTS]]
    encoding = find_encoding(heads)
    starts = (find_start(path, encoding) for path in paths)
    first = next(starts)
    start = first if first.rows else next((start for start in starts if start.rows), first)
    dialect, names = start.dialect(encoding), unique_names(start.header)
    for path in paths:
        header, _ = read_header(path, dialect, encoding, errors="replace")
        check_columns(path, header, names, are_all=True)
    check_header(start.header, start.rows, paths[0].name)
    columns = {name: [row[place] for row in start.rows] for place, name in enumerate(names)}
    numbers = {n for n, fields in columns.items() if _is_number_column(fields, kinds.get(n))}
    table, encoding = read_csv_files(
        paths,
        dialect,
        column_names=names,
        numbers=[name for name in names if name in numbers],
        categories=[name for name in names if name not in numbers],
    )
    words = {name: _first_missing_word(fields) for name, fields in columns.items()}
    return table, dialect.model_copy(update={"encoding": encoding}), words


def find_start(path: Path, encoding: str) -> Head:
    """Find out how a file is written, by its start."""
    start, is_whole = _read_start(path)
    text = decode(start, codec_of_pieces(start, encoding))
    check_is_table(text, path.name)
    if not is_whole and not set(text) & {"\n", "\r"}:
        raise long_line(f"{path.name}, line 1", HEADER_BYTES)
    head = find_head(text)
    if head is None:
        line = next((line for line in text.splitlines() if line.strip()), "")
        if line:
            raise one_column(path.name, quote(line))
        raise DatasetError(
            "The file has no lines of data", where=path.name, to_do="Drop it again, complete."
        )
    return head


def _first_missing_word(fields: Sequence[str]) -> str:
    return next((text for field in fields if (text := field.strip()) and text in MISSING), "")


def describe_dialect(dialect: CsvDialect) -> tuple[str, ...]:
    """Return sentences about how the text is read, where that is not plain."""
    sentences = []
    if dialect.encoding in ONE_BYTE:
        sentences.append("The text is not UTF-8, and read as Windows Latin-1.")
    if dialect.lines_above_header:
        count = dialect.lines_above_header
        lines = "first line is" if count == 1 else f"first {count} lines are"
        sentences.append(f"The {lines} above the header and skipped.")
    if dialect.unnamed_column == "first":
        sentences.append(
            "The header has one name fewer than the lines have fields: the first field of each "
            "line is the name of its row, as R writes it."
        )
    return tuple(sentences)


def _read_start(path: Path) -> tuple[bytes, bool]:
    """Return the first bytes of a file that may be packed, and whether they are all."""
    with open_binary(path) as file:
        head = file.read(HEADER_BYTES + 1)
    return head[:HEADER_BYTES], len(head) <= HEADER_BYTES


def _is_number_column(fields: Sequence[str], kind: Kind | None) -> bool:
    """Return whether a column is read as float64: where it may have codes, it is read as text."""
    if kind is not None:
        return kind not in WORD_KINDS and are_numbers(fields)
    digits = [field.strip() for field in fields if field.strip()]
    lengths = {len(text) for text in digits}
    may_be_codes = (
        len(lengths) == 1 and min(lengths) >= SHORTEST_CODE and all(map(str.isdigit, digits))
    )
    return are_numbers(fields) and not may_be_codes
