from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sklearn_trainer.data import csv_pieces, plain_csv
from sklearn_trainer.data.csv_files import read_csv_files
from sklearn_trainer.data.plain_csv import read_plain_csv
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.notes import Notes
from tunedrop_common.missing_words import MISSING
from tunedrop_common.plan import CsvDialect

PIECE = 24
"""So few bytes that most lines are a piece of their own."""

CHUNK = 12
"""So few bytes that lines of one piece are parsed apart."""


@pytest.fixture(autouse=True)
def small_files_in_smaller_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_pieces, "PIECE_BYTES", PIECE)
    monkeypatch.setattr(plain_csv, "CHUNK_BYTES", CHUNK)
    monkeypatch.setattr(plain_csv, "COLUMN_BYTES", 1)
    monkeypatch.setattr(plain_csv, "WORTH_BYTES", 0)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")


def plainly(
    *contents: bytes, numbers: Sequence[str], texts: Sequence[str] = (), **dialect: Any
) -> pa.Table | None:
    with TemporaryDirectory() as folder:
        paths = write(folder, contents, packed=False)
        return read_plain_csv(
            paths, CsvDialect(**dialect), "utf-8", wanted=[*numbers, *texts], numbers=numbers
        )


def write(folder: str, contents: Sequence[bytes], *, packed: bool) -> list[Path]:
    paths = [Path(folder) / f"part{i}.csv{'.gz' if packed else ''}" for i in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(gzip.compress(content, 1) if packed else content)
    return paths


def numbers_of(table: pa.Table | None, name: str) -> list[float]:
    assert table is not None
    return [float(x) for x in table.column(name).to_numpy()]


ROWS = b"1.5,a\n,b\n-0,NA\n1e-3,\xc3\xa9\n"


@pytest.mark.parametrize(
    ("content", "dialect"),
    [
        (b"x,w\n" + ROWS, {}),
        (b"x,w\n" + ROWS[:-1], {}),
        (b'x,w\n1.5,"a"\n,b\n-0,"NA"\n1e-3,"\xc3\xa9"\n', {}),
        (b"\xef\xbb\xbfx,w\n" + ROWS, {}),
        (b'"x","w"\n' + ROWS, {}),
        ((b"x,w\n" + ROWS).replace(b"\n", b"\r\n"), {}),
        ((b"x,w\n" + ROWS).replace(b",", b"\t"), {"delimiter": "\t"}),
        (
            (b"x,w\n" + ROWS).replace(b",", b";").replace(b".", b","),
            {"delimiter": ";", "decimal": ","},
        ),
    ],
)  # fmt: skip
def test_a_plain_file_is_read(content: bytes, dialect: dict[str, str]) -> None:
    table = plainly(content, numbers=["x"], texts=["w"], **dialect)
    numbers = numbers_of(table, "x")
    np.testing.assert_array_equal(numbers, [1.5, np.nan, 0.0, 0.001])
    assert table is not None
    assert table.column("x").null_count == 1
    assert table.column("w").to_pylist() == ["a", "b", None, "é"]


def test_quotation_marks_in_a_column_that_is_not_used_matter_too() -> None:
    for word, taken in ((b'"a"', True), (b'"a""b"', False), (b'a"b', False)):
        table = plainly(b"id,x,y\n" + word + b",1,2\nc,3,4\n", numbers=["x", "y"])
        assert (table is not None) == taken


def test_files_follow_one_another_and_unused_columns_are_left_out() -> None:
    first, second = b"id,x,y\na,1,10\nb,2,20\n", b"y,id,x\n30,c,3\n"
    table = plainly(first, b"x,y,id\n", second, numbers=["y", "x"])
    assert table is not None
    assert table.to_pydict() == {"y": [10, 20, 30], "x": [1, 2, 3]}


@pytest.mark.parametrize(
    "rows",
    [
        b'1,"a,b"\n', b'1,"a\nb"\n', b'1,"a""b"\n', b'1, "a"\n', b'1,"a" \n', b'1,"\n', b'"1",a\n',
        b'"a,b"\n1,"c,d",e\n', b'1,a"b\n',
        b"1,a\0b\n", b"1\n2,b\n", b"1,a,\n2\n", b"1,a\n2,b,c\n", b"1,a\n\n", b"1,a\n \n",
        b"1,a\n2,b\r3,c\n", b"1,a\r\r\n2,b\n", b"1,\xff\n", b"inf,a\n", b"1e999,a\n",
        b"true,a\n", b"NA,a\nTRUE,b\n,c\n", b"1,a\nfalse,b\n", b"word,a\n", b"n.a.,a\n", b"$1,a\n",
        b"", b"\xef\xbb\xbf1,a\n",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_other_reader(
    rows: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for piece, chunk in ((PIECE, CHUNK), (2**20, CHUNK), (2**20, 2**20)):
        monkeypatch.setattr(csv_pieces, "PIECE_BYTES", piece)
        monkeypatch.setattr(plain_csv, "CHUNK_BYTES", chunk)
        assert plainly(b"x,w\n" + rows, numbers=["x"], texts=["w"]) is None


@pytest.mark.parametrize("header", [b"x", b"w,z", b'"x\n",w', b"x,w\r1,2", b"\nx,w", b"\xff,x,w"])
def test_a_header_of_another_kind_is_left_to_the_other_reader(header: bytes) -> None:
    assert plainly(header + b"\n1,a\n2,b\n", numbers=["x"], texts=["w"]) is None


@pytest.mark.parametrize("dialect", [{"lines_above_header": 1}, {"unnamed_column": "last"}])
def test_a_table_below_a_title_or_with_row_names_is_left_to_the_other_reader(
    dialect: dict[str, Any],
) -> None:
    assert plainly(b"x,w\n1,a\n2,b\n", numbers=["x"], texts=["w"], **dialect) is None


def test_another_encoding_is_left_to_the_other_reader(tmp_path: Path) -> None:
    path = tmp_path / "part.csv"
    path.write_bytes("x,w\n1,é\n".encode("latin-1"))
    for encoding in ("latin-1", "utf-8"):
        table = read_csv_files(
            [path], CsvDialect(encoding=encoding), wanted=["x", "w"], numbers=["x"], notes=Notes()
        )
        assert table.to_pydict() == {"x": [1], "w": ["é"]}


WRITTEN = st.one_of(
    st.floats().map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: f"{x:.3g}"),
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.6f}"),
    st.integers().map(str),
    st.from_regex(r"[+-]?[0-9]{0,25}\.?[0-9]{0,25}([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from([*MISSING, "5e-324", "2.2250738585072011e-308", "9007199254740993"]),
)  # fmt: skip
ODD = st.sampled_from(
    ["true", "FALSE", "True", "inf", "-Infinity", "+5", "-0", "1e", "0x1", "1_0", "1,5", "1.234,5",
     " 7 ", "\t", " NA", "NAN", "-", "n.a.", "$3", "5%", "(5)", "1 000", "a b", "é", "日本", "\xa0",
     '"', '"a"', '""', '"NA"', '" b "', '"1.5"', '"a, b"', '"a;b"', '"x\ny"', '"p""q"',
     "a\rb", "\0", "\ufeff", "5.", ".5", "#", "'", "\\", "1d5", "\x0b1", "--1"]
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[bytes], list[str], CsvDialect]:
    """Return files, the columns that the plan takes for numbers, and the dialect."""
    dialect = CsvDialect(
        delimiter=draw(st.sampled_from(",;\t|")), decimal=draw(st.sampled_from(".,"))
    )
    odd = draw(st.floats(0, 0.2))
    cells = draw(st.sampled_from([WRITTEN, WRITTEN, st.one_of(WRITTEN, ODD)]))
    names = ["a", "b", "c"][: draw(st.sampled_from([3, 3, 3, 2, 1]))]
    contents = []
    for _ in range(draw(st.integers(1, 2))):
        lines = [dialect.delimiter.join(names)]
        for _ in range(draw(st.integers(1, 8))):
            row = [draw(cells) for _ in names]
            if draw(st.floats(0, 1)) < odd / 8:
                row = row[:-1] if draw(st.booleans()) else [*row, ""]
            lines.append(dialect.delimiter.join(row))
        newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
        end = draw(st.sampled_from([newline, newline, "", newline * 2]))
        contents.append((newline.join(lines) + end).encode())
    numbers = draw(st.lists(st.sampled_from(names), unique=True))
    return contents, numbers, dialect


def both_ways(
    contents: Sequence[bytes], names: Sequence[str], numbers: Sequence[str], dialect: CsvDialect
) -> list[tuple[Any, ...]]:
    """Read the files as they are, and packed, as only the other reader can."""
    found: list[tuple[Any, ...]] = []
    for packed in (False, True):
        notes = Notes()
        with TemporaryDirectory() as folder:
            paths = write(folder, contents, packed=packed)
            try:
                table = read_csv_files(paths, dialect, wanted=names, numbers=numbers, notes=notes)
            except DatasetError as error:
                found.append((str(error).replace(".gz", ""),))
                continue
        columns = {name: bits(table.column(name)) for name in names}
        found.append((columns, notes.sentences))
    return found


def bits(column: pa.ChunkedArray) -> list[Any]:
    """Return what a column holds; whether a zero has a sign is left open."""
    if pa.types.is_floating(column.type):
        numbers = np.nan_to_num(column.to_numpy(), nan=0.5) + 0.0
        return [column.null_count, numbers.view(np.int64).tolist()]
    return [column.type, column.to_pylist()]


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(tables())
@example(([b"a,b\n" + b"true,1\n" * 9 + b"2,1\n" * 9], ["a", "b"], CsvDialect()))
@example(([b"a,b\n1,2\n3\n4,5\n", b"a,b\n1,2\n"], ["a", "b"], CsvDialect()))
def test_both_readers_find_the_same_bits(table: tuple[list[bytes], list[str], CsvDialect]) -> None:
    contents, numbers, dialect = table
    names = contents[0].split(b"\n")[0].decode().strip().split(dialect.delimiter)
    plain, packed = both_ways(contents, names, numbers, dialect)
    assert plain == packed


@settings(deadline=None, max_examples=100)
@given(st.lists(WRITTEN.filter(lambda word: "inf" not in word), min_size=1, max_size=20))
def test_numbers_are_what_python_reads(words: list[str]) -> None:
    words = [word if word in MISSING or readable(word) else "1" for word in words]
    table = plainly("\n".join(["x,y", *(f"{w},0" for w in words)]).encode(), numbers=["x", "y"])
    expected = np.array([np.nan if word in MISSING else float(word) for word in words]) + 0.0
    if table is None:  # whole numbers that no integer of 64 bits holds are words to pandas
        assert np.isinf(expected).any() or (np.abs(expected) >= 2.0**63).any()
    else:
        np.testing.assert_array_equal(
            np.array(numbers_of(table, "x")).view(np.int64), expected.view(np.int64)
        )


def readable(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
