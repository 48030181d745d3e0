"""Parses text as missing values, numbers, booleans, dates and durations, as people write them.

Each distinct word of a column is parsed once.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data.values import Floats, Mask, is_text

DATETIME_TYPE: Literal["datetime64[us, UTC]"] = "datetime64[us, UTC]"
"""The type of a column of points in time, as fit() gets it."""

# What pandas reads as missing, and the question mark of the UCI repository.
MISSING = frozenset({
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "?",
})  # fmt: skip

# In lower case: missing among numbers, dates and booleans; elsewhere they may be a category.
MISSING_MARKS = frozenset({
    "-", "--", "---", "\u2212", "\u2013", "\u2014", ".", "..", "...", ":", "*", "n.a.", "na",
    "none", "nil", "null", "nan", "(null)", "\\n", "missing", "unknown", "not available", "(blank)",
    "#n/a", "#div/0!", "#ref!", "#value!", "#num!", "#name?",
})  # fmt: skip

# Currencies, and the percent sign: one column has at most one of them.
SYMBOLS = ("$", "€", "£", "¥", "₹", "USD", "EUR", "GBP", "CHF", "%")
_SYMBOL = "(?:[$€£¥₹]|USD|EUR|GBP|CHF)"

# The minus sign itself, and the dash that word processors make of a hyphen.
_MINUSES = "\u2212\u2013"

_APOSTROPHES = "['\u2019]"
_SPACES = "[ \u00a0\u2009\u202f]"

_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
DATETIME = (
    r"(?i)^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
    r"|\d{1,2}[-/]\d{1,2}[-/]\d{2}"
    rf"|\d{{1,2}}[- ]{_MONTH}[- ,]{{1,2}}(\d{{4}}|\d{{2}})|{_MONTH} \d{{1,2}},? \d{{4}}"
    rf"|\d{{4}} {_MONTH}|{_MONTH} \d{{4}}|\d{{4}}[-/](0[1-9]|1[0-2])"
    r"|\d{4}[- ]?Q[1-4]|Q[1-4][- ]?\d{4})"
    r"([T ]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([ap]m)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$"
)
# Dates such as 31/12/2026 show that days stand before months, and 12/31/2026 that they do not.
DAY_FIRST = r"^(1[3-9]|2\d|3[01])[-/.]\d{1,2}[-/.]\d"
MONTH_FIRST = r"^\d{1,2}[-/.](1[3-9]|2\d|3[01])[-/.]\d"
_QUARTER = r"(?i)^(?:(\d{4})[- ]?Q%d|Q%d[- ]?(\d{4}))$"
DURATION = r"^-?(\d+ days? )?[+-]?\d{1,3}:[0-5]\d(:[0-5]\d(\.\d+)?)?$"
_WITHOUT_SECONDS = r"(^|\s|[+-])(\d{1,3}:\d{2})$"

# In characters: pandas takes minutes to find out that a text of some megabytes is no time.
_LONGEST_TIME = 100


@dataclass(frozen=True)
class TextColumn:
    """A column's distinct trimmed words, null for missing ones.

    Parameters
    ----------
    words
        In the order of their first rows, and null behind them.
    rows
        The position of each row's word, shape (n_rows,).
    """

    words: pa.Array
    rows: npt.NDArray[np.int64]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> TextColumn:
        """Return a column of any type as text, whole numbers without a decimal point."""
        encoded = clean_text(to_text(column).dictionary_encode().combine_chunks())
        words, rows = encoded.dictionary, encoded.indices
        used = rows.unique().drop_null()
        if not used.equals(pa.array(np.arange(len(words)), used.type)):
            words, rows = words.take(used), pc.index_in(rows, used)
        words = pa.concat_arrays([words, pa.nulls(1, pa.string())])
        return cls(words, np.asarray(rows.fill_null(len(used)), dtype=np.int64))

    @property
    def is_present(self) -> Mask:
        """Whether each row has a word, shape (n_rows,)."""
        return np.asarray(self.words.is_valid())[self.rows]

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """The number of rows of each word that is not missing."""
        counts = np.bincount(self.rows, minlength=len(self.words))
        return np.asarray(counts[np.asarray(self.words.is_valid())])

    def without_missing(self) -> TextColumn:
        """Return the column with null for the words that mean a missing value among numbers."""
        marks = pc.is_in(pc.utf8_lower(self.words), value_set=pa.array(sorted(MISSING_MARKS)))
        return replace(self, words=_nullify(_nullify(self.words, MISSING), marks))

    def head(self, count: int) -> TextColumn:
        """Return the first rows that are not missing."""
        return replace(self, rows=self.rows[self.is_present][:count])

    def match(self, pattern: str) -> Mask:
        """Return whether each row's word matches or is missing, shape (n_rows,)."""
        fits = pc.match_substring_regex(self.words, pattern)
        return np.asarray(fits.fill_null(True))[self.rows]

    def all_match(self, pattern: str) -> bool:
        """Return whether all words match."""
        return pc.all(pc.match_substring_regex(self.words, pattern)).as_py() is not False

    def any_match(self, pattern: str) -> bool:
        """Return whether any word matches."""
        return bool(pc.any(pc.match_substring_regex(self.words, pattern)).as_py())

    def spread(self, parsed: Any) -> tuple[Any, Mask]:
        """Return the parsed values of all rows, and a mask of words that could not be parsed."""
        is_wrong = pd.isna(parsed) & np.asarray(self.words.is_valid())
        return parsed[self.rows], is_wrong[self.rows]


def to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as strings, or as the dictionary of strings that it is."""
    if pa.types.is_floating(column.type):
        integers = pc.cast(column, pa.int64(), safe=False)
        same = pc.all(pc.equal(pc.cast(integers, pa.float64(), safe=False), column)).as_py()
        column = integers if same in (True, None) else column
    return column if is_text(column.type) else column.cast(pa.string())


def clean_text(column: Any, missing: Collection[str] = ("",)) -> Any:
    """Return trimmed text, null for words that mean a missing value, in the encoding it has."""
    if not pa.types.is_dictionary(column.type):
        return _nullify(pc.utf8_trim_whitespace(column), missing)
    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array([clean_text(column.combine_chunks(), missing)])
    words = clean_text(column.dictionary.cast(pa.string()), missing)
    if words.equals(column.dictionary):
        return column
    words = words.dictionary_encode()  # some may be the same now
    return pa.DictionaryArray.from_arrays(words.indices.take(column.indices), words.dictionary)


def _nullify(words: Any, missing: Any) -> Any:
    """Return words, null where they are among those that are missing or where a mask says so."""
    if not isinstance(missing, pa.Array | pa.ChunkedArray):
        missing = pc.is_in(words, value_set=pa.array(sorted(missing)))
    return pc.if_else(missing, pa.scalar(None, words.type), words)


def parse_booleans(text: TextColumn) -> tuple[Floats, Mask]:
    """Return true as 1 and false as 0, missing as NaN, and a mask of other words."""
    positions = pc.index_in(pc.utf8_lower(text.words), value_set=pa.array(["false", "true"]))
    return text.spread(_to_floats(positions))


def parse_durations(text: TextColumn) -> tuple[Floats, Mask]:
    """Return times of day and durations in seconds, and a mask of other words."""
    full = pc.replace_substring_regex(_short(text.words), _WITHOUT_SECONDS, r"\1\2:00")
    seconds = pd.to_timedelta(full.to_pandas(), errors="coerce").dt.total_seconds()
    return text.spread(seconds.to_numpy(dtype=np.float64, na_value=np.nan))


def parse_datetimes(text: TextColumn, *, day_first: bool) -> tuple[pd.DatetimeIndex, Mask]:
    """Return points in time in UTC, and a mask of other words."""
    words = _quarters_as_months(_short(text.words)).to_pandas()
    parsed = pd.to_datetime(words, utc=True, errors="coerce", format="ISO8601")
    for format_ in (None, "mixed"):  # that of the first value for all, then each its own
        bad = (parsed.isna() & words.notna()).to_numpy()
        if not bad.any():
            break
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # "could not infer format"
            again = pd.to_datetime(
                words[bad], utc=True, errors="coerce", format=format_, dayfirst=day_first
            )
        parsed = parsed.astype(DATETIME_TYPE)
        parsed[bad] = again.astype(DATETIME_TYPE)
    return text.spread(pd.DatetimeIndex(parsed.astype(DATETIME_TYPE)))


def _short(words: pa.Array) -> pa.Array:
    return _nullify(words, pc.greater(pc.utf8_length(words), _LONGEST_TIME))


def _quarters_as_months(words: pa.Array) -> pa.Array:
    """Return 1970 Q2 as 1970-04, which is read as a date."""
    for quarter in range(1, 5):
        month = rf"\1\2-{3 * quarter - 2:02}"
        words = pc.replace_substring_regex(words, _QUARTER % (quarter, quarter), month)
    return words


def number_pattern(decimal: str) -> str:
    """Return the regular expression of a number with this decimal sign.

    It may have thousands apart, a currency, a percent sign or brackets. Python and Arrow take it.
    """
    point = re.escape(decimal)
    groups = "|".join(
        rf"[1-9]\d{{0,2}}(?:{separator}\d{{3}})+"
        for separator in ("," if decimal == "." else r"\.", _APOSTROPHES, _SPACES)
    )
    number = rf"(?:(?:{groups}|\d+)(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?"
    before = rf"(?:{_SYMBOL}{_SPACES}?)?"
    after = rf"(?:{_SPACES}?(?:{_SYMBOL}|%))?"
    signed = rf"(?:[+\-{_MINUSES}]?{before}|{_SYMBOL}{_SPACES}?[+\-{_MINUSES}]){number}{after}"
    return rf"(?:{signed}|\({before}{number}{after}\))"


def parse_numbers(text: TextColumn, decimal: str) -> tuple[Floats, Mask]:
    """Return the numbers of text, in whatever way they are written, and a mask of other words.

    A point sets thousands apart where the decimal sign is a comma, unless it cannot.
    """
    text = text.without_missing()
    if decimal == ".":
        with suppress(pa.ArrowInvalid):  # nearly always, and in a tenth of the time
            return text.spread(_to_floats(text.words))
    plain = pc.replace_substring(text.words, decimal, ".")
    numbers = pd.to_numeric(plain.to_pandas(), errors="coerce").to_numpy(float, na_value=np.nan)
    written = _parse_written(text.words, decimal)
    return text.spread(np.where(np.isnan(written), numbers, written))


def _parse_written(words: pa.Array, decimal: str) -> Floats:
    """Return words as numbers; NaN for others, and for all where their symbols differ."""
    is_number = pc.match_substring_regex(words, f"^{number_pattern(decimal)}$")
    words = pc.if_else(is_number, words, pa.scalar(None, words.type))
    counts = {symbol: _count(words, symbol) for symbol in SYMBOLS}
    used = [symbol for symbol, count in counts.items() if count]
    if len(used) > 1 or counts["%"] not in (0, len(words) - words.null_count):
        return np.full(len(words), np.nan)
    digits = pc.replace_substring_regex(words, f"[{_MINUSES}]", "-")
    for symbol in used:
        digits = pc.replace_substring(digits, symbol, "")
    digits = pc.replace_substring_regex(digits, r"^\((.*)\)$", r"-\1")
    digits = pc.replace_substring_regex(digits, f"[^0-9eE+{decimal}-]", "")
    return _to_floats(pc.replace_substring(digits, decimal, ".").cast(pa.float64()))


def _to_floats(numbers: pa.Array) -> Floats:
    return np.asarray(numbers.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _count(words: pa.Array, symbol: str) -> int:
    return pc.sum(pc.match_substring(words, symbol)).as_py() or 0
