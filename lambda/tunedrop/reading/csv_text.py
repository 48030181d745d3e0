"""How a text table is written: its encoding, its delimiter, its decimal sign.

Pure functions over sampled bytes; `csv_sample` uses them to get at header and rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from tunedrop.reading.not_a_table import not_text, refuse_what_is_no_text
from tunedrop_common.written_numbers import written_numbers

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = (",", ";", "\t", "|")

# Fields as long as this are free text; longer ones mean a quote that is never closed.
FIELD_LIMIT = 4 * 1024 * 1024

_SNIFFED_RECORDS = 200
_SNIFFED_CHARACTERS = 512 * 1024

_ONE_NAME_LESS = 0.9

_SNIFFED_BYTES = 4096
_FIRST_BYTES = 8  # a crashed program leaves zeros behind a text, not at its beginning

# Of the bytes: UTF-16 has more zeros, a text has fewer control characters.
_FEWEST_ZEROS = 0.02
_MOST_CONTROL = 0.05
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f]")
_PRINTED = bytes([0, 1, 9, 10, 12, 13, *range(32, 256)])  # zeros and Hive's 1 are told apart later

_BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

ONE_BYTE = ("cp1252", "latin-1")  # the second takes every byte
_NOT_LATIN = re.compile(rb"[\x80-\xff]{4}|[\xc3-\xdf][\x80-\xbf]|[\x81\x8d\x8f\x90\x9d]")

_EXPONENT = r"([eE][+-]?\d+)?"
_COMMA_NUMBER = re.compile(
    rf"[+-]?((\d+|\d{{1,3}}([. ']\d{{3}})+),\d+{_EXPONENT}|\d{{1,3}}(\.\d{{3}}){{2,}})"
)
_POINT_NUMBER = re.compile(
    rf"[+-]?((\d+|\d{{1,3}}([, ']\d{{3}})+)\.\d+{_EXPONENT}|\d{{1,3}}(,\d{{3}}){{2,}})"
)
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
    refuse_what_is_no_text(head, where)
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return codec
    utf16 = _utf16_without_bom(head[:_SNIFFED_BYTES])
    if utf16:
        return utf16
    control = len(head[:_SNIFFED_BYTES].translate(None, _PRINTED))
    if control > _MOST_CONTROL * len(head[:_SNIFFED_BYTES]) or b"\0" in head[:_FIRST_BYTES]:
        raise not_text(where, "binary data")
    for codec in ("utf-8", ONE_BYTE[0]):
        starts = (_decodes(piece, codec, cut=False) for piece in heads)
        if all(starts) and all(_decodes(piece, codec, cut=True) for piece in inner):
            return codec
    return ONE_BYTE[1]


def doubt_about_words(files: Mapping[str, Sequence[bytes]], encoding: str) -> str:
    """Return a warning if a text is read as Latin-1 that has words of another encoding.

    Those are characters of UTF-8, or many other letters than those of English side by side.

    Parameters
    ----------
    files
        The pieces of each file, the first of which begins it.
    """
    doubtful = [path for path, pieces in files.items() if any(map(_NOT_LATIN.search, pieces))]
    if encoding not in ONE_BYTE or not doubtful:
        return ""
    where = doubtful[0]
    other = next(path for path, pieces in files.items() if not _are_utf8(pieces))
    head = files[where][0]
    found = _NOT_LATIN.search(head)
    line = f" (line {head.count(10, 0, found.start()) + 1} is the first)" if found else ""
    return (
        f"{other} is not UTF-8, and is read as Windows Latin-1"
        f"{'' if other == where else ' as all files are'}, though {where} has words that are "
        f"unlikely in that{line}. Save it as UTF-8 if they are wrong in the report."
    )


def _are_utf8(pieces: Sequence[bytes]) -> bool:
    head, *inner = pieces
    return _decodes(head, "utf-8", cut=False) and all(
        _decodes(piece, "utf-8", cut=True) for piece in inner
    )


def is_utf16(head: bytes) -> bool:
    """Tell whether a file has two bytes for each character."""
    marked = next((codec for bom, codec in _BOMS if head.startswith(bom)), "")
    return (marked or _utf16_without_bom(head[:_SNIFFED_BYTES])).startswith("utf-16")


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


def _decimal_of(text: str) -> str:
    """Return the only sign that can be the decimal one of a number; "" of others and of words."""
    if _COMMA_NUMBER.fullmatch(text):
        return ","
    if _POINT_NUMBER.fullmatch(text):
        return "."
    if _PLAIN.search(text) is None:
        return ""
    comma, point = (written_numbers([text], sign) is not None for sign in ",.")
    return "" if comma == point else "," if comma else "."


def records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Read records, quoted newlines included; empty lines are no records.

    Raises
    ------
    csv.Error
        When a field is longer than `FIELD_LIMIT`.
    """
    return filter(None, read_records(text, delimiter))


def read_records(text: str, delimiter: str) -> Reader:
    """Return Python's reader of a text, which knows its line."""
    csv.field_size_limit(FIELD_LIMIT)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _agreement(text: str, delimiter: str) -> tuple[float, int]:
    """Return the share of records as wide as the first one, and that width.

    A first one that lacks a name (see `csv_start`) says less, and more than most other widths.
    """
    found = []
    try:
        for record in records(text[:_SNIFFED_CHARACTERS], delimiter):
            found.append(len(record))
            if len(found) == _SNIFFED_RECORDS:
                break
    except csv.Error:
        return 0.0, 0
    if len(found) > 2 and len(text) > _SNIFFED_CHARACTERS and len(found) < _SNIFFED_RECORDS:
        found.pop()  # cut in the middle
    if not found or found[0] < 2:
        return 0.0, 0
    alike, one_more = found.count(found[0]), found.count(found[0] + 1)
    return max(alike, _ONE_NAME_LESS * one_more) / len(found), found[0]


def _decodes(piece: bytes, codec: str, *, cut: bool) -> bool:
    """Tell whether a piece is text, of which a character may be cut at its end, or at both."""
    try:
        piece.decode(codec)
    except UnicodeDecodeError as error:
        at_start = cut and error.end <= 4 and _decodes(piece[error.end :], codec, cut=cut)
        return codec == "utf-8" and (at_start or error.start >= len(piece) - 3)
    return True


def _utf16_without_bom(head: bytes) -> str:
    """Tell UTF-16 by its zeros, which delimiters, digits and line ends have; "" when it is not."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    for codec, here, there in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if here > _FEWEST_ZEROS * len(head) and there < here / 10:
            text = head.decode(codec, errors="ignore")
            control = len(_CONTROL.findall(text))
            return "" if control > _MOST_CONTROL * len(text) else codec
    return ""
