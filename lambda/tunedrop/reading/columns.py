"""A table's columns as a sample of their values shows them: kind, distinct values, identifiers.

The same rules for text tables and Parquet. The training container judges again by all values.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tunedrop.errors import DatasetError
from tunedrop_common.columns import MANY_CATEGORIES, STRAY_SHARE
from tunedrop_common.missing_words import MISSING, MISSING_MARKS
from tunedrop_common.plan import CsvDialect, Kind
from tunedrop_common.written_numbers import pattern, written_numbers

MAX_COLUMNS = 20_000

# Fewer consecutive integers than this may well be a feature.
SHORTEST_IDENTIFIER = 20

# Digits with leading zeros are a code from this length on; 01 to 12 are months.
SHORTEST_CODE = 3

# A number in digits alone, with either decimal sign; and in any way that people write one.
PLAIN_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
WRITTEN_NUMBER = re.compile(f"{PLAIN_NUMBER.pattern}|{pattern('.')}|{pattern(',')}", re.ASCII)

# Where the pieces of a sample meet, a count jumps.
_MOST_GAPS = 20

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.I | re.A)
_UUID = re.compile(r"\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\}?|[0-9a-f]{24,64}", re.I)
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATETIME = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}[-/]\d{1,2}[-/]\d{2}"
    rf"|\d{{1,2}}[- ]{_MONTH}[- ,]{{1,2}}(\d{{4}}|\d{{2}})|{_MONTH} \d{{1,2}},? \d{{4}}"
    rf"|\d{{4}} {_MONTH}|{_MONTH} \d{{4}}|\d{{4}}[-/](0[1-9]|1[0-2])"
    r"|\d{4}[- ]?Q[1-4]|Q[1-4][- ]?\d{4})"
    r"([T ]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([AaPp][Mm])?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?",
    re.I,
)
_FLAGS = frozenset({"true", "false"})


@dataclass(frozen=True)
class ColumnProfile:
    """What a sample shows of a column.

    `integers` says that all numbers are whole; `identifier` says why the column only counts or
    names the rows, "" if it doesn't. `rarest` and `second` are the numbers of rows of the rarest
    and of the second most frequent value. `unseen` says that no value was looked at; `index` that
    the table's writer calls it its index.
    """

    name: str
    kind: Kind
    present: int
    missing: int
    distinct: int
    rarest: int = 0
    second: int = 0
    integers: bool = False
    minimum: float | None = None
    maximum: float | None = None
    identifier: str = ""
    unseen: bool = False
    index: bool = False
    strays: int = 0  # values among the numbers that are none; `stray` is the first of them
    stray: str = ""
    missing_word: str = ""  # the first word that counts as missing
    unusable: str = ""  # why it can be no feature: a nested type


@dataclass(frozen=True)
class Table:
    """Columns in the order of the file, and how many rows there are.

    `complete` says that the profiles rest on every row; `remarks` how the text was read, where that
    is not plain. `numbered` has the rows that were looked at: of each column that was, the numbers
    of its values, in the order in which they first come, so that two columns with the same numbers
    are the same but for names.
    """

    columns: tuple[ColumnProfile, ...]
    rows: int
    rows_exact: bool
    complete: bool
    dialect: CsvDialect | None
    remarks: tuple[str, ...] = ()
    numbered: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]


def check_width(columns: int, where: str) -> None:
    """Raise DatasetError for more columns than a plan lists."""
    if columns > MAX_COLUMNS:
        raise DatasetError(
            "The table has too many columns",
            where=where,
            found=f"{columns} columns",
            expected=f"at most {MAX_COLUMNS}",
            to_do="Leave out columns, or combine them before you drop the table.",
        )


def numbered(values: Iterable[Hashable]) -> Sequence[int]:
    """Return the number of each value, in the order in which they first come."""
    known: dict[Hashable, int] = {}
    return array("i", (known.setdefault(value, len(known)) for value in values))


def are_numbers(values: Sequence[str]) -> bool:
    """Tell whether values are numbers or missing, and not all of them missing."""
    texts = [value.strip() for value in values]
    return all(map(is_number, texts)) and any(map(WRITTEN_NUMBER.fullmatch, texts))


def is_number(text: str) -> bool:
    """Tell whether a value is a number, or missing."""
    return (
        text in MISSING
        or text.lower() in MISSING_MARKS
        or WRITTEN_NUMBER.fullmatch(text) is not None
    )


def profile_text(name: str, values: Sequence[str], decimal: str = ".") -> ColumnProfile:
    """Judge a column of a text table."""
    texts = [text for value in values if (text := value.strip()) not in MISSING]
    missing = len(values) - len(texts)
    words = (word for value in values if (word := value.strip()) and word in MISSING)
    word = next(words, "") if missing else ""
    if not texts:
        return ColumnProfile(name, "empty", 0, missing, 0, missing_word=word)
    profile = _profile_more_than_words(name, texts, missing, decimal) or profile_words(
        name, texts, missing
    )
    return replace(profile, missing_word=word)


def profile_strings(name: str, values: Sequence[str], missing: int) -> ColumnProfile:
    """Judge a column of strings of a typed table: any word is a value, but among numbers."""
    words = [word for value in values if (word := value.strip())]
    texts = [word for word in words if word not in MISSING]
    missing += len(values) - len(words)
    typed = _profile_more_than_words(name, texts, missing + len(words) - len(texts), ".")
    return typed or profile_words(name, words, missing)


def _profile_more_than_words(
    name: str, texts: Sequence[str], missing: int, decimal: str
) -> ColumnProfile | None:
    known = [text for text in texts if text.lower() not in MISSING_MARKS]
    if not known or (len(known) < len(texts) and len(set(known)) < 2):
        return None
    missing += len(texts) - len(known)
    return _profile_typed(name, known, missing, decimal) or _profile_nearly_numbers(
        name, known, missing, decimal
    )


def _profile_typed(
    name: str, texts: Sequence[str], missing: int, decimal: str
) -> ColumnProfile | None:
    """Judge what is more than words: flags, numbers, dates."""
    if all(text.lower() in _FLAGS for text in texts):
        return profile_values(name, "boolean", [text.lower() for text in texts], missing)
    numbers = _as_numbers(texts, decimal)
    if numbers is not None:
        profile = profile_numbers(name, numbers, missing)
        if _are_codes(texts):
            return replace(profile_words(name, texts, missing), identifier=profile.identifier)
        return profile
    if all(_DATETIME.fullmatch(text) for text in texts):
        return profile_values(name, "datetime", texts, missing)
    return None


def _profile_nearly_numbers(
    name: str, texts: Sequence[str], missing: int, decimal: str
) -> ColumnProfile | None:
    """Judge numbers with a few strays among them, as the training container does."""
    most = int(STRAY_SHARE * len(texts))
    fitting: list[str] = []
    strays: list[str] = []
    for text in texts:
        (fitting if _as_numbers([text], decimal) else strays).append(text)
        if len(strays) > most:
            return None
    numbers = _as_numbers(fitting, decimal)  # None where currencies or percent signs differ
    if numbers is None or len(set(numbers)) <= MANY_CATEGORIES:
        return None
    profile = profile_numbers(name, numbers, missing + len(strays))
    return replace(profile, identifier="", strays=len(strays), stray=strays[0])


def profile_numbers(name: str, numbers: Sequence[float], missing: int) -> ColumnProfile:
    """Judge numbers; infinite ones count as missing ones do."""
    finite = [number for number in numbers if math.isfinite(number)]
    missing += len(numbers) - len(finite)
    profile = profile_values(name, "numeric", finite, missing)
    if not finite:
        return profile
    integers = all(number.is_integer() for number in finite)
    return replace(
        profile,
        integers=integers,
        minimum=min(finite),
        maximum=max(finite),
        identifier="consecutive integers" if integers and _counts(finite, missing) else "",
    )


def profile_words(name: str, words: Sequence[str], missing: int) -> ColumnProfile:
    """Judge text: categories, free text, or identifiers."""
    profile = profile_values(name, "categorical", words, missing)
    if len(words) >= 2 and profile.distinct == len(words) and all(map(_UUID.fullmatch, words)):
        return replace(profile, kind="text", identifier="UUID-like strings")
    if profile.distinct > max(MANY_CATEGORIES, profile.present / 2):
        return replace(profile, kind="text")
    return profile


def profile_values(
    name: str, kind: Kind, values: Sequence[Hashable], missing: int
) -> ColumnProfile:
    """Judge values whose kind is known."""
    counts = Counter(values)
    if not counts:
        return ColumnProfile(name, "empty", 0, missing, 0)
    # One value beside missing ones still says something.
    constant = len(counts) == 1 and missing == 0 and len(values) > 1
    return ColumnProfile(
        name,
        "constant" if constant else kind,
        len(values),
        missing,
        len(counts),
        rarest=min(counts.values()),
        second=sorted(counts.values())[-2] if len(counts) > 1 else 0,
    )


def _as_numbers(texts: Sequence[str], decimal: str) -> list[float] | None:
    if decimal != ".":  # a point sets thousands apart, unless it cannot
        written = written_numbers(texts, decimal)
        if written is not None:
            return written
        texts = [text.replace(decimal, ".") for text in texts]
    if all(_NUMBER.fullmatch(text) for text in texts):
        return [float(text) for text in texts]
    return written_numbers(texts, ".") if decimal == "." else None


def _are_codes(texts: Sequence[str]) -> bool:
    """Tell whether digits are a code, such as a postal code: of one length, some from 0 on."""
    lengths = {len(text) for text in texts}
    return (
        len(lengths) == 1
        and min(lengths) >= SHORTEST_CODE
        and all(text.isdigit() for text in texts)
        and any(text.startswith("0") for text in texts)
    )


def _counts(numbers: Sequence[float], missing: int) -> bool:
    """Tell whether integers only count the rows, in their order or shuffled."""
    if missing or len(numbers) < SHORTEST_IDENTIFIER or len(set(numbers)) < len(numbers):
        return False
    if max(numbers) - min(numbers) == len(numbers) - 1:
        return True
    # A sample has gaps between its pieces, but its pieces count by one.
    steps = sum(b - a == 1 for a, b in pairwise(numbers))
    return steps >= len(numbers) - 1 - _MOST_GAPS and steps >= SHORTEST_IDENTIFIER
