"""Both readers find the numbers that were written, and hand them to fit() without a copy."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_trainer.data import csv_pieces, parquet_files
from sklearn_trainer.data.csv_files import read_csv_files
from sklearn_trainer.data.frames import apply_schema
from sklearn_trainer.data.parquet_files import read_parquet_files
from sklearn_trainer.data.text_parsing import MISSING
from sklearn_trainer.errors import DatasetError
from sklearn_trainer.schema import GREATEST_NUMBER, Schema
from tunedrop_common.plan import Column, CsvDialect

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.6f}"),
    st.integers().map(str),
    st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.sampled_from([*MISSING, "5e-324", "2.2250738585072011e-308", "9007199254740993"]),
)
TYPES = {
    pa.int8(): st.integers(-(2**7), 2**7 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float16(): st.floats(width=16).map(np.float16),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
    pa.null(): st.none(),
}


def read_csv(
    *paths: Path, column_names: list[str], numbers: list[str], dialect: CsvDialect | None = None
) -> pa.Table:
    table, _ = read_csv_files(
        paths,
        dialect or CsvDialect(),
        column_names=column_names,
        numbers=numbers,
    )
    return table


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(NUMBERS, min_size=1, max_size=12), min_size=1, max_size=3))
def test_csv_has_the_bits_that_python_reads(files: list[list[str]]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_pieces, "PIECE_BYTES", 64)
        paths = [Path(folder, f"{i}.csv") for i in range(len(files))]
        for path, words in zip(paths, files, strict=True):
            path.write_text("\n".join(["x,w", *(f'{word},"a\nb"' for word in words), "1,b"]))
        table = read_csv(*paths, column_names=["w", "x"], numbers=["x"])
    written = [word for words in files for word in [*words, "1"]]
    expected = np.array([np.nan if word in MISSING else float(word) for word in written])
    schema = Schema(features=(Column(name="x", kind="numeric", role="feature"),))
    frame = apply_schema(table, schema).frame
    np.testing.assert_array_equal(
        frame["x"], np.where(np.abs(expected) <= GREATEST_NUMBER, expected, np.nan)
    )
    assert set(table.column("w").to_pylist()) == {"a\nb", "b"}


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
LINES = st.sampled_from(
    ["1,a", '2,"a, b"', '3,"a\nb, c"', '4,"a ""b""\n5,c"', '5,6" tube', '6,"x"y', '7,"\n"', ""]
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(["", "a title\n"]), st.lists(LINES, min_size=1, max_size=20))
def test_csv_is_the_same_in_pieces_of_any_size(title: str, lines: list[str]) -> None:
    """Quotation marks in mid-field hide where records end; then the file is read in one stream."""
    dialect = CsvDialect(lines_above_header=bool(title))
    outcomes = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        path.write_text("\n".join([f"{title}n,w", *lines, "9,z"]))
        for size in (8, 24, 2**20):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(csv_pieces, "PIECE_BYTES", size)
                try:
                    table = read_csv(path, column_names=["n", "w"], numbers=["n"], dialect=dialect)
                except DatasetError as error:
                    outcomes.append(str(error))
                else:
                    outcomes.append(table.to_pydict())
    assert outcomes[0] == outcomes[1] == outcomes[2]


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6))
def test_any_text_that_python_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "any.csv")
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
        table = read_csv(path, column_names=["a", "b"], numbers=[])
    for written, read in zip(rows, table.to_pylist(), strict=True):
        for before, after in zip(written, read.values(), strict=True):
            assert after is None or after == before.strip()


def test_a_byte_order_mark_among_the_rows_stays(tmp_path: Path) -> None:
    """The last line is a piece of its own, and at the start of a file the mark is no text."""
    path = tmp_path / "a.csv"
    path.write_text("\ufeffw,n\na,1\n\ufeffb,2")
    table = read_csv(path, column_names=["w", "n"], numbers=["n"])
    assert table.to_pydict() == {"w": ["a", "\ufeffb"], "n": [1, 2]}


@st.composite
def tables(draw: st.DrawFn) -> list[pa.Table]:
    """Return tables of the same columns, with types of their own and missing values."""
    columns, drawn = draw(st.integers(1, 4)), []
    for _ in range(draw(st.integers(1, 3))):
        rows, arrays = draw(st.integers(0, 12)), []
        for _ in range(columns):
            kind = draw(st.sampled_from(list(TYPES)))
            cells = st.one_of(st.none(), TYPES[kind]) if draw(st.booleans()) else TYPES[kind]
            arrays.append(pa.array(draw(st.lists(cells, min_size=rows, max_size=rows)), kind))
        drawn.append(pa.table(arrays, names=[f"x{i}" for i in range(columns)]))
    return drawn


@settings(deadline=None, max_examples=60)
@given(tables(), st.integers(1, 5), st.sampled_from([1, 2**25]))
def test_parquet_has_the_numbers_that_were_written(
    parts: list[pa.Table], row_group: int, decoded_bytes: int
) -> None:
    names = parts[0].column_names
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_files, "DECODED_BYTES", decoded_bytes)
        paths = [Path(folder, f"{i}.parquet") for i in range(len(parts))]
        for path, table in zip(paths, parts, strict=True):
            pq.write_table(table, path, row_group_size=row_group)
        read = read_parquet_files(paths, column_names=names)
    assert read.column_names == names
    for name in names:
        written = [x for part in parts for x in part.column(name).to_pylist()]
        expected = np.array([np.nan if x is None else float(x) for x in written])
        numbers = read.column(name).cast(pa.float64())  # nothing but nulls is of no type
        np.testing.assert_array_equal(numbers.to_numpy(), expected)
        assert read.column(name).null_count == np.isnan(expected).sum()


def test_columns_whose_name_could_mean_another_are_told_apart(tmp_path: Path) -> None:
    values = [pa.array([1, 2]), pa.array([3, 4]), pa.array([{"b": 5}, {"b": 6}]), pa.array([7, 8])]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(values, names=[" x", "x", "s", "s.b"]), path)
    names = ["x", "x.1", "s.b"]
    table = read_parquet_files([path], column_names=names)
    assert table.to_pydict() == {"x": [1, 2], "x.1": [3, 4], "s.b": [7, 8]}


def test_a_parquet_file_with_a_damaged_page_is_named(tmp_path: Path) -> None:
    good, broken = tmp_path / "a.parquet", tmp_path / "b.parquet"
    pq.write_table(pa.table({"x": np.arange(1000.0)}), good)
    body = good.read_bytes()
    broken.write_bytes(body[:4] + b"\xff" * 900 + body[904:])
    with pytest.raises(DatasetError, match=r"(?s)cannot be read as Parquet.*b\.parquet"):
        read_parquet_files([good, broken], column_names=["x"])


@pytest.mark.parametrize("value", ["", "2.5"])
def test_fit_gets_the_memory_that_the_reader_filled(value: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"x,y\n1,{value}\n3,4\n")
    table = read_csv(path, column_names=["x", "y"], numbers=["x", "y"])
    pq.write_table(table, tmp_path / "a.parquet")
    again = read_parquet_files([tmp_path / "a.parquet"], column_names=["x", "y"])
    columns = [Column(name=name, kind="numeric", role="feature") for name in ("x", "y")]
    schema = Schema(features=tuple(columns))
    for read in (table, again):
        frame = apply_schema(read, schema).frame
        for name in ("x", "y"):
            (_, numbers) = read.column(name).chunk(0).buffers()
            assert frame[name].to_numpy().__array_interface__["data"][0] == numbers.address
