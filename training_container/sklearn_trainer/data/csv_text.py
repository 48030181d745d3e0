"""How a text table is written: its encoding, delimiter, decimal sign, and where its header is.

Pure functions over the start of a file. Lines above the header are skipped only where it is plain
which line the header is: below Excel's `sep=;`, below comments, or where a line of words is above
columns of numbers. The header may lack one name: that of R's row names, or of the nothing behind a
delimiter at the end of all lines. A header is never guessed away: without names, no column could be
called the target.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from sklearn_trainer.data.text_parsing import MISSING, MISSING_MARKS, number_pattern
from sklearn_trainer.errors import DatasetError
from tunedrop_common.data_text import quote, quote_all
from tunedrop_common.plan import CsvDialect

DELIMITERS = (",", ";", "\t", "|")
Unnamed = Literal["", "first", "last"]

# So many records tell how a text is written. Starts of files are cut, and have more characters.
_RECORDS = 1_000
_WHOLE_CHARACTERS = 2**18

# How much a header that lacks a name says, of what one with all names does.
_ONE_NAME_LESS = 0.9

_SNIFFED_BYTES = 4096
_FIRST_BYTES = 8  # a crashed program leaves zeros behind a text, not at its beginning

# A text has fewer control characters.
_MOST_CONTROL = 0.05
_PRINTED = bytes([0, 9, 10, 12, 13, *range(32, 256)])  # zeros have an error of their own

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

_CONTINUATION = bytes(range(0x80, 0xC0))  # of UTF-8: bytes inside of a character

ONE_BYTE = ("cp1252", "latin-1")  # the second takes every byte

# How zip archives, Excel workbooks and Parquet begin that are named as text tables.
_OTHER_FILES = (b"PK\x03\x04", b"PAR1")
_MARKUP = re.compile(
    r"\s*(<!doctype|<html|<head|<body|<table|<div|<\?xml|<svg|\{\s*\"|\[\s*[\[{])", re.I
)

# A number in digits alone, with either decimal sign; and in any way that people write one.
PLAIN_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
WRITTEN_NUMBER = re.compile(
    f"{PLAIN_NUMBER.pattern}|{number_pattern('.')}|{number_pattern(',')}", re.ASCII
)

_SIMPLE_NUMBER = re.compile(r"[+-]?\d+(?P<decimal>[.,])\d+([eE][+-]?\d+)?", re.A)
_PLAIN = re.compile(r"\d[.,]\d", re.A)
_EITHER_NUMBER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")

_SEPARATOR = re.compile(r'\s*"?sep=."?[,;\t|]*\s*?(\r\n?|\n)', re.I)
_COMMENT = ("#", "%")
_YEARS = range(1800, 2201)

_MOST_LINES_ABOVE = 50
_FEWEST_ROWS = 5

# So many of the records agree on a width, or it is not plain what is above them.
_AGREEING = 0.9

# A name that comes back this often among the values below it is a value itself.
_MOST_REPETITIONS = 0.02

# A column with at most so many distinct values a row has values that come back.
_REPEATING = 0.75


def find_encoding(heads: Sequence[tuple[str, bytes]], inner: Sequence[bytes] = ()) -> str:
    """Return the Python codec in which all pieces are text.

    Parameters
    ----------
    heads
        The names of files, and their starts.
    inner
        Other pieces of them, which may start and end inside of a character.

    Raises
    ------
    DatasetError
        When it is no text at all, or has NUL characters.
    """
    where, head = heads[0]
    start = head[:_SNIFFED_BYTES]
    encoding = next((codec for bom, codec in _BOMS if head.startswith(bom)), "")
    if not encoding:
        if (
            (head.startswith(_OTHER_FILES) and b"\0" in start)
            or len(start.translate(None, _PRINTED)) > _MOST_CONTROL * len(start)
            or b"\0" in head[:_FIRST_BYTES]
        ):
            raise DatasetError(
                "The file's content is not text but binary data",
                where=where,
                expected="a text table, plain or compressed with gzip; or Parquet in a file "
                ".parquet",
                to_do="Save the table as CSV (in Excel: Save As, CSV UTF-8) or Parquet, with the "
                "suffix that fits.",
            )
        pieces = (*(head for _, head in heads), *(piece.lstrip(_CONTINUATION) for piece in inner))
        fitting = (c for c in ("utf-8", ONE_BYTE[0]) if all(_decodes(p, c) for p in pieces))
        encoding = next(fitting, ONE_BYTE[1])
    for where, head in heads:
        text = decode(head, codec_of_pieces(head, encoding))
        if "\0" in text:
            raise DatasetError(
                "The text has NUL characters in it",
                where=f"{where}, line {text.count(chr(10), 0, text.index(chr(0))) + 1}",
                to_do="Write or copy the file again, as UTF-8.",
            )
    return encoding


def check_is_table(text: str, where: str) -> None:
    """Raise DatasetError for web pages, XML and JSON."""
    match = _MARKUP.match(text)
    if match:
        raise DatasetError(
            "The file is not a table",
            where=where,
            found=quote(match[0].strip()),
            expected="lines of values with a header",
            to_do="Open it in an editor: it is probably a web page, XML or JSON. Save it as CSV.",
        )


def codec_of_pieces(head: bytes, encoding: str) -> str:
    """Return the codec of a file's pieces, of which only the first has the mark of UTF-16."""
    if encoding != "utf-16":
        return encoding
    return "utf-16-be" if head.startswith(b"\xfe\xff") else "utf-16-le"


def decode(piece: bytes, codec: str) -> str:
    """Decode a piece that may be cut inside of a character at both ends."""
    return piece.decode(codec, errors="ignore").removeprefix("\ufeff")


@dataclass(frozen=True)
class Head:
    """The first records of a text below some lines, and how they are written.

    `is_plain` says that the first record can be the header of the others; `rows` are as wide.
    """

    lines_above: int
    delimiter: str
    unnamed: Unnamed
    header: list[str]
    rows: list[list[str]]
    is_plain: bool

    def dialect(self, encoding: str) -> CsvDialect:
        """Return how a file with this start is written."""
        return CsvDialect(
            delimiter=self.delimiter,
            encoding=encoding,
            lines_above_header=self.lines_above,
            unnamed_column=self.unnamed,
            decimal=find_decimal(self.rows, self.delimiter),
        )


def find_head(text: str) -> Head | None:
    """Return the header and the first rows; None where no delimiter cuts the header in two."""
    if _SEPARATOR.match(text):
        return _split(text, 1)
    only_comments = True
    for count, line in enumerate(islice(io.StringIO(text, newline=""), _MOST_LINES_ABOVE)):
        if not line.strip():
            continue
        head = _split(text, count)
        if head is not None and head.is_plain:
            rows = [] if head.unnamed else head.rows
            if not line.startswith(_COMMENT) or not (rows and names_numbers(rows[0], rows[1:])):
                if only_comments or names_numbers(head.header, rows):
                    return head
                break
        only_comments = only_comments and line.startswith(_COMMENT)
    return _split(text, 0)


def _split(text: str, lines_above: int) -> Head | None:
    """Split the text below some lines by the delimiter by which its records agree best."""
    lines = io.StringIO(text, newline="")
    for _ in range(lines_above):
        lines.readline()
    text = lines.read()
    splits = {delimiter: _first_records(text, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda delimiter: _agreement(splits[delimiter]))
    if _agreement(splits[delimiter]) == (0.0, 0):
        return None
    names, *rows = splits[delimiter]
    # Between commas a row's name is not plain: `7,5` may have been one number. R quotes words.
    unnamed = _unnamed_column(names, rows, delimiter != "," or text.lstrip().startswith('"'))
    header = named_columns(names, unnamed)
    fitting = [row for row in rows if len(row) == len(header)]
    is_plain = len(fitting) >= max(_AGREEING * len(rows), 1) and (
        bool(unnamed)
        or 2 * sum(map(bool, map(str.strip, header))) >= len(header)
        or names_numbers(header, fitting)
    )
    return Head(lines_above, delimiter, unnamed, header, fitting, is_plain)


def find_decimal(rows: Iterable[Sequence[str]], delimiter: str) -> Literal[".", ","]:
    """Return the decimal sign that more of the numbers have.

    Between other delimiters than the semicolon of Excel in half of Europe, 1,234 has thousands.
    """
    commas = points = 0
    for row in rows:
        for field in row:
            text = field.strip()
            if delimiter != ";" and _EITHER_NUMBER.fullmatch(text):
                continue
            sign = _decimal_of(text)
            commas += sign == ","
            points += sign == "."
    return "," if commas > points else "."


def records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Read records, quoted newlines included; empty lines are no records."""
    csv.field_size_limit(len(text) + 1)
    return filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _first_records(text: str, delimiter: str) -> list[list[str]]:
    """Read the first records, without one that may be cut somewhere."""
    first = list(islice(records(text, delimiter), _RECORDS))
    is_cut = len(text) >= _WHOLE_CHARACTERS and 2 < len(first) < _RECORDS
    return first[:-1] if is_cut else first


def are_numbers(fields: Sequence[str]) -> bool:
    """Return whether fields are numbers or missing, and not all of them missing."""
    texts = [field.strip() for field in fields]
    return all(map(is_number, texts)) and any(map(WRITTEN_NUMBER.fullmatch, texts))


def is_number(text: str) -> bool:
    """Return whether a field is a number, or missing."""
    return (
        text in MISSING
        or text.lower() in MISSING_MARKS
        or WRITTEN_NUMBER.fullmatch(text) is not None
    )


def _unnamed_column(
    names: Sequence[str], rows: Sequence[Sequence[str]], may_be_words: bool
) -> Unnamed:
    """Return which column has no name, where all lines have one field more than the header."""
    if not rows or any(len(row) != len(names) + 1 for row in rows):
        return ""
    if not any(row[-1].strip() for row in rows):
        return "last"
    row_names = [row[0].strip() for row in rows]
    if not all(name.strip() for name in names) or not _are_row_names(row_names, may_be_words):
        return ""
    return "" if looks_like_data(["", *names], rows) else "first"


def named_columns(header: list[str], unnamed: Unnamed) -> list[str]:
    """Return the names of a header, with an empty one for the column that has none."""
    return [""] * (unnamed == "first") + header + [""] * (unnamed == "last")


def check_header(header: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> None:
    """Raise DatasetError for a first line that looks like data, or that names nothing."""
    names = [name.strip() for name in header]
    if any(names) and not looks_like_data(header, rows):
        return
    raise DatasetError(
        "The table has no header",
        where=f"{where}, line 1",
        found=quote_all(names, 5),
        expected="names of the columns",
        to_do="Put a line with the columns' names, each once, above the data, "
        "and nothing above it.",
    )


def looks_like_data(line: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a line holds values, as those below it do, rather than names."""
    names = [name.strip() for name in line]
    if names_numbers(names, [row for row in rows if list(row) != list(line)]):
        return False
    return _looks_like_numbers(names, rows) or _comes_back(names, rows)


def names_numbers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a word is above a column of nothing but numbers: it can only be its name."""
    return any(
        not is_number(name.strip()) and are_numbers([row[position] for row in rows])
        for position, name in enumerate(names)
    )


def _are_row_names(names: Sequence[str], may_be_words: bool) -> bool:
    """Return whether first fields are the names of rows, as R writes them."""
    if len(names) < _FEWEST_ROWS or len(set(names)) < len(names) or not all(names):
        return False
    counts = [int(name) for name in names if name.isascii() and name.isdigit()]
    if len(counts) == len(names):
        consecutive = counts == list(range(counts[0], counts[0] + len(counts)))
        return consecutive or (may_be_words and counts == sorted(counts))
    return may_be_words and not any(map(is_number, names))


def _looks_like_numbers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether numbers are where names should be.

    Counts and years can be names, and so can numbers above columns of nothing but words.
    """
    places = [place for place, name in enumerate(names) if PLAIN_NUMBER.fullmatch(name)]
    if not places or all(_are_words(place, rows) for place in places):
        return False
    if not all(names[place].isdigit() for place in places):
        return True
    integers = [int(names[place]) for place in places]
    counting = integers in (list(range(len(places))), list(range(1, len(places) + 1)))
    one_way = sorted(set(integers))
    years = integers in (one_way, one_way[::-1]) and all(i in _YEARS for i in integers)
    return not (len(integers) > 1 and counting) and not years


def _are_words(place: int, rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a column below the first line has words, and no number among them."""
    values = [value for row in rows if (value := row[place].strip()) not in MISSING]
    return bool(values) and not any(WRITTEN_NUMBER.fullmatch(value) for value in values)


def _comes_back(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether names are usual values of their columns, in half of those that repeat.

    Columns do have the name of their commonest value now and then: a column premie of babies.
    """
    repeating = coming_back = 0
    for position, name in enumerate(names):
        counts = Counter(row[position].strip() for row in rows)
        if not name or name in MISSING or len(counts) > _REPEATING * len(rows):
            continue
        repeating += 1
        coming_back += counts[name] > max(1, _MOST_REPETITIONS * len(rows))
    return coming_back > 0 and 2 * coming_back >= repeating


def _decimal_of(text: str) -> str:
    """Return the only sign that can be the decimal one of a number; "" of others and of words."""
    if simple := _SIMPLE_NUMBER.fullmatch(text):
        return simple["decimal"]
    if _PLAIN.search(text) is None:
        return ""
    comma, point = (re.fullmatch(number_pattern(sign), text, re.ASCII) for sign in ",.")
    return "" if bool(comma) == bool(point) else "," if comma else "."


def _agreement(records: Sequence[Sequence[str]]) -> tuple[float, int]:
    """Return the share of records as wide as the first one, and that width.

    A first one that lacks a name (see `_unnamed_column`) says less, and more than most other
    widths.
    """
    widths = [len(record) for record in records]
    if not widths or widths[0] < 2:
        return 0.0, 0
    same_width, one_more = widths.count(widths[0]), widths.count(widths[0] + 1)
    return max(same_width, _ONE_NAME_LESS * one_more) / len(widths), widths[0]


def _decodes(piece: bytes, codec: str) -> bool:
    """Return whether a piece is text, whose last character may be cut."""
    try:
        codecs.getincrementaldecoder(codec)().decode(piece)
    except UnicodeDecodeError:
        return False
    return True
