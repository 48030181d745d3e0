"""How a text table is written: its encoding, its delimiter, its decimal sign.

Pure functions over the start of a file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from sklearn_trainer.data.text_parsing import MISSING, MISSING_MARKS, number_pattern
from sklearn_trainer.errors import DatasetError
from tunedrop_common.data_text import quote

DELIMITERS = (",", ";", "\t", "|")

_SNIFFED_RECORDS = 200
_SNIFFED_CHARACTERS = 512 * 1024

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

# How other files begin that people drop under the name of a text table.
_OTHER_FILES = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"PAR1", "Parquet"),
)
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


def find_encoding(heads: Sequence[bytes], inner: Sequence[bytes], where: str) -> str:
    """Return the Python codec in which all pieces are text; a head starts a file.

    Raises
    ------
    DatasetError
        When it is no text at all.
    """
    head = heads[0]
    start = head[:_SNIFFED_BYTES]
    for mark, name in _OTHER_FILES:
        if head.startswith(mark) and b"\0" in start:
            raise _no_text(where, name)
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return codec
    if len(start.translate(None, _PRINTED)) > _MOST_CONTROL * len(start) or (
        b"\0" in head[:_FIRST_BYTES]
    ):
        raise _no_text(where, "binary data")
    for codec in ("utf-8", ONE_BYTE[0]):
        # A piece from the middle may start inside of a character.
        pieces = (*heads, *(piece.lstrip(_CONTINUATION) for piece in inner))
        if all(_decodes(piece, codec) for piece in pieces):
            return codec
    return ONE_BYTE[1]


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


def find_delimiter(text: str) -> str | None:
    """Return the delimiter by which the records agree best with the header's width.

    None when no delimiter cuts the header in two.
    """
    scores = {delimiter: _agreement(text, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    return None if scores[best] == (0.0, 0) else best


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


def first_records(text: str, delimiter: str, most: int) -> list[list[str]]:
    """Read the first records, without one that is cut somewhere."""
    complete = list(islice(records(text[:_SNIFFED_CHARACTERS], delimiter), most))
    is_cut = len(text) > _SNIFFED_CHARACTERS and 2 < len(complete) < most
    return complete[:-1] if is_cut else complete


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


def _decimal_of(text: str) -> str:
    """Return the only sign that can be the decimal one of a number; "" of others and of words."""
    if simple := _SIMPLE_NUMBER.fullmatch(text):
        return simple["decimal"]
    if _PLAIN.search(text) is None:
        return ""
    comma, point = (re.fullmatch(number_pattern(sign), text, re.ASCII) for sign in ",.")
    return "" if bool(comma) == bool(point) else "," if comma else "."


def _agreement(text: str, delimiter: str) -> tuple[float, int]:
    """Return the share of records as wide as the first one, and that width.

    A first one that lacks a name (see `csv_start`) says less, and more than most other widths.
    """
    widths = [len(record) for record in first_records(text, delimiter, _SNIFFED_RECORDS)]
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


def _no_text(where: str, content: str) -> DatasetError:
    return DatasetError(
        f"The file's content is not text but {content}",
        where=where,
        expected="a text table, plain or compressed with gzip; or Parquet in a file .parquet",
        to_do="Save the table as CSV (in Excel: Save As, CSV UTF-8) or Parquet, with the "
        "suffix that fits.",
    )
