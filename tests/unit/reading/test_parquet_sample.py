import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.fakes import FakeS3
from tests.unit.tables import kinds, look, parquet
from tunedrop.errors import DatasetError


def frame(rows: int = 100) -> pd.DataFrame:
    numbers = np.random.default_rng(0).normal(size=rows)
    return pd.DataFrame(
        {
            "id": range(rows),
            "number": numbers,
            "small": np.arange(rows, dtype="int8") % 5,
            "flag": np.arange(rows) % 2 == 0,
            "word": [f"w{i % 4}" for i in range(rows)],
            "category": pd.Categorical([f"c{i % 3}" for i in range(rows)]),
            "text": [f"sentence number {i}" for i in range(rows)],
            "day": [datetime.date(2026, 1, 1) + datetime.timedelta(days=i) for i in range(rows)],
            "moment": pd.date_range("2026-01-01", periods=rows, freq="h", tz="UTC"),
            "list": [[1, 2]] * rows,
            "nothing": [None] * rows,
            "same": 1.5,
        }
    )


EXPECTED = {
    "id": "numeric",
    "number": "numeric",
    "small": "numeric",
    "flag": "boolean",
    "word": "categorical",
    "category": "categorical",
    "text": "text",
    "day": "datetime",
    "moment": "datetime",
    "list": "text",
    "nothing": "empty",
    "same": "constant",
}


@pytest.mark.parametrize("compression", ["snappy", "gzip", "zstd", None])
def test_kinds_come_from_types_and_values(compression: str | None) -> None:
    table = look(parquet(frame(), compression=compression), name="train.parquet")
    assert kinds(table) == EXPECTED
    assert table.rows == 100
    by_name = {column.name: column for column in table.columns}
    assert by_name["id"].identifier
    assert by_name["list"].unusable
    assert by_name["small"].integers
    assert by_name["small"].distinct == 5


def test_part_files_and_row_groups_are_one_table() -> None:
    data = parquet(frame()[["number", "word"]], row_group_size=30)
    table = look(data, data, data, name="train.parquet")
    assert (table.rows, table.rows_exact) == (300, True)
    assert table.columns[0].present == 300


def test_of_a_large_file_little_is_read() -> None:
    rows = 600_000
    wide = pd.DataFrame({f"x{i}": np.random.default_rng(i).normal(size=rows) for i in range(4)})
    body = parquet(wide, row_group_size=150_000)
    assert len(body) > 15_000_000
    s3 = FakeS3()
    table = look(body, name="train.parquet", s3=s3)
    assert s3.bytes_read < 10_000_000
    assert (table.rows, table.rows_exact, table.complete) == (rows, True, False)
    assert set(kinds(table).values()) == {"numeric"}


def test_a_column_that_unpacks_to_too_much_keeps_the_kind_of_its_type() -> None:
    body = parquet(pd.DataFrame({"a": ["x" * 1000 + str(i) for i in range(80_000)], "b": 1.0}))
    assert kinds(look(body, name="train.parquet"))["a"] == "categorical"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a,b\n1,2\n", "cannot be read as Parquet"),
        (parquet(frame())[:-20], "cannot be read as Parquet"),
        (parquet(frame())[:4] + b"\xff" * 2000 + b"PAR1", "cannot be read as Parquet"),
        (parquet(frame()[:0]), "no rows"),
        (parquet(frame()[["number"]]), "only one column"),
    ],
)
def test_a_broken_file_is_refused_with_a_message(body: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        look(body, name="train.parquet")


def test_columns_of_the_same_name_are_refused(tmp_path: object) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table([[1, 2], [3, 4]], names=["a", "a"]), sink)
    with pytest.raises(DatasetError, match="same name"):
        look(sink.getvalue().to_pybytes(), name="train.parquet")


def test_parts_with_other_columns_are_refused() -> None:
    one, other = parquet(frame()[["number", "word"]]), parquet(frame()[["number", "flag"]])
    with pytest.raises(DatasetError, match="differ from those"):
        look(one, other, name="train.parquet")
