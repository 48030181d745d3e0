"""PlanRun and training jobs read what was written, however it was written."""

from __future__ import annotations

import csv
import gzip
import io
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sklearn_trainer.data.column_profiles import ColumnProfile
from sklearn_trainer.data.frames import apply_schema
from sklearn_trainer.data.tables import Table, read_table
from sklearn_trainer.job_warnings import JobWarnings
from sklearn_trainer.schema import Schema
from tests.support.tables import look
from tunedrop.errors import DatasetError
from tunedrop_common.plan import ChannelFiles, Column, Data

Values = Sequence[float | str | None]


@dataclass(frozen=True)
class Writing:
    """A way to write a table."""

    delimiter: str
    decimal: str
    encoding: str
    newline: str
    missing: str
    thousands: bool
    quote_all: bool
    packed: bool
    is_numbered: bool

    def write(self, names: Sequence[str], columns: Sequence[Values]) -> bytes:
        text = io.StringIO(newline="")
        # Python leaves a newline unquoted where another one ends the lines.
        quote_all = self.quote_all or self.newline == "\r"
        writer = csv.writer(
            text,
            delimiter=self.delimiter,
            lineterminator=self.newline,
            quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
        )
        writer.writerow(names)
        for number, row in enumerate(zip(*columns, strict=True), start=1):
            writer.writerow([number] * self.is_numbered + [self._field(value) for value in row])
        body = text.getvalue().encode(self.encoding)
        return gzip.compress(body, mtime=0) if self.packed else body

    def _field(self, value: float | str | None) -> str:
        if value is None:
            return self.missing
        if isinstance(value, str):
            return value
        if not self.thousands:
            return repr(value).replace(".", self.decimal)
        written = f"{value:,.3f}"
        if self.decimal == ",":
            written = written.translate(str.maketrans(",.", ".,"))
        return written


WRITINGS = st.builds(
    Writing,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    missing=st.sampled_from(["", "NA", "NULL", "?", "nan"]),
    thousands=st.booleans(),
    quote_all=st.booleans(),
    packed=st.booleans(),
    is_numbered=st.booleans(),
)

ROWS = 24
NUMBERS = st.lists(
    st.none() | st.integers(-(10**9), 10**9).map(lambda i: i / 1000), min_size=ROWS, max_size=ROWS
)
LETTERS = st.text(string.ascii_letters + ' éü,;|\t"\n', max_size=12).map("w{}w".format)
WORDS = st.lists(st.none() | LETTERS, min_size=ROWS, max_size=ROWS)
FLAGS = st.lists(st.sampled_from(["true", "False", "TRUE"]), min_size=ROWS, max_size=ROWS)


FLAG_VALUES = {"true": 1.0, "false": 0.0}


def expected(values: Values) -> list[float | str | None]:
    """Return what fit() gets of values: flags as 1 and 0, text without spaces around it."""
    words = [value.strip() if isinstance(value, str) else value for value in values]
    if all(isinstance(word, str) and word.lower() in FLAG_VALUES for word in words):
        return [FLAG_VALUES[str(word).lower()] for word in words]
    return words


@given(WRITINGS, NUMBERS, NUMBERS, WORDS, FLAGS)
def test_both_read_what_was_written(
    writing: Writing, first: Values, second: Values, words: Values, flags: Values
) -> None:
    first = [12345.5, *first[1:]]  # 1,234 alone could be either
    names, columns = ["first", "second, of two", "words", "flags"], [first, second, words, flags]
    body = writing.write(names, columns)
    table = look(body, name="train.csv.gz" if writing.packed else "train.csv")
    assert table.names == [""] * writing.is_numbered + names
    assert (table.rows, table.is_complete) == (ROWS, True)
    assert table.dialect is not None
    assert table.dialect.delimiter == writing.delimiter
    named = [column for column in table.columns if column.name]
    for profile, values, usual in zip(
        named, columns, ("numeric", "numeric", "categorical", "boolean"), strict=True
    ):
        assert profile.kind in (usual, None)
        assert profile.missing == sum(value is None for value in values)
    read = read_back(body, table)
    for name, values in zip(names, columns, strict=True):
        assert read[name] == expected(values)
    if writing.is_numbered:
        assert read[""] == [float(number) for number in range(1, ROWS + 1)]


def read_back(body: bytes, planned: Table) -> dict[str, list[Any]]:
    """Return the values that a training job gets with this schema, missing ones as None."""
    assert planned.dialect is not None
    columns = [planned_column(profile) for profile in planned.columns if profile.kind is not None]
    if not columns:
        return {name: [None] * planned.rows for name in planned.names}
    files = ChannelFiles(uri="", files=("train.csv",), bytes=0, versions={})
    data = Data(
        format="csv",
        csv=planned.dialect,
        train=files,
        test=None,
        columns=tuple(columns),
        target="",
        rows=planned.rows,
        is_complete=True,
    )
    with TemporaryDirectory() as folder:
        (Path(folder) / "train.csv").write_bytes(body)
        table = read_table(data, files, Path(folder), JobWarnings())
    frame = apply_schema(table, Schema.of(data)).frame
    return {
        str(name): [None if pd.isna(value) else value for value in frame[name]] for name in frame
    } | {profile.name: [None] * planned.rows for profile in planned.columns if profile.kind is None}


def planned_column(profile: ColumnProfile) -> Column:
    return Column(
        name=profile.name,
        kind=profile.kind,
        role="feature",
        day_first=profile.day_first,
        has_unparsable=profile.unparsable > 0,
    )


CELLS = st.sampled_from(
    ["", "NA", "1", "2", "3.5", "-4", "1e3", "1,5", '"1,234"', '"a,b"', '"x ""y"""', '"1\n2"', "a",
     "b", "c d", " 7 ", "-", "n.a.", "true", "FALSE", "2026-01-02", "02/03/2026", "5%", "$3",
     "é", "日本", "inf", "nan", "1e400", "00123", '"', 'a"b', "\t", "|", ";", '"open', "\ufeff",
     "12:30", "Jan 5, 2026", "9" * 30, "1_0", "\u0663", "(5)", "+3", ".5", "5.", "=1+1",
     "# c", "Total", "“q”", "'s'", "sep=;", "%", "kg"]
)  # fmt: skip


@st.composite
def untidy_tables(draw: st.DrawFn) -> bytes:
    delimiter, newline = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    width, rows = draw(st.integers(2, 4)), draw(st.integers(10, 30))
    names = [draw(st.sampled_from(["é", "a", "", '"x, y"', "3"])) + str(i) for i in range(width)]
    pools = [draw(st.lists(CELLS, min_size=1, max_size=4)) for _ in range(width)]
    lines = [delimiter.join(draw(st.sampled_from(pool)) for pool in pools) for _ in range(rows)]
    above = draw(
        st.sampled_from([[], ["# ours"], ["sep=" + delimiter], ["Sales", ""], ["#", "a;b"]])
    )
    text = newline.join([*above, delimiter.join(names), *lines])
    return text.encode(draw(st.sampled_from(["utf-8", "utf-16", "cp1252"])), "replace")


@given(untidy_tables())
def test_jobs_read_every_row_as_planrun_did(body: bytes) -> None:
    try:
        table = look(body)
    except DatasetError:
        return
    read = read_back(body, table)
    for profile in table.columns:
        values = read[profile.name]
        assert len(values) == table.rows
        present = sum(value is not None for value in values)
        if not profile.unusable:
            assert present == profile.present
