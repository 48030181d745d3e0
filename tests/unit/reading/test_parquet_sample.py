import datetime
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.fakes import FakeS3
from tests.support.tables import kinds, look, parquet
from tunedrop.errors import DatasetError
from tunedrop.planning.column_roles import assign_roles
from tunedrop.planning.target import choose_target, choose_task
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.reading import parquet_sample, sampling


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


def test_the_schema_of_each_file_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time takes as long as there are columns: once a column would be their square."""
    made = []
    original = pq.ParquetFile.schema_arrow

    def counted(parquet: pq.ParquetFile) -> pa.Schema:
        made.append(parquet)
        return original.fget(parquet)

    monkeypatch.setattr(pq.ParquetFile, "schema_arrow", property(counted))
    data = parquet(frame())
    assert look(data, data, name="train.parquet").rows == 200
    assert len(made) == 2


def test_of_a_large_file_little_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_sample, "VALUES_BUDGET", 800_000)
    monkeypatch.setattr(sampling, "_BLOCK_BYTES", 50_000)
    rows = 60_000
    wide = pd.DataFrame({f"x{i}": np.random.default_rng(i).normal(size=rows) for i in range(4)})
    body = parquet(wide, row_group_size=15_000)
    assert len(body) > 1_500_000
    s3 = FakeS3()
    table = look(body, name="train.parquet", s3=s3)
    assert s3.bytes_read < 1_000_000
    assert (table.rows, table.rows_exact, table.complete) == (rows, True, False)
    assert set(kinds(table).values()) == {"numeric"}


def test_a_column_that_unpacks_to_too_much_keeps_the_kind_of_its_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet_sample, "_UNPACKED_LIMIT", 500_000)
    body = parquet(pd.DataFrame({"a": ["x" * 1000 + str(i) for i in range(800)], "b": 1.0}))
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


def test_part_files_may_write_a_column_as_whole_numbers_fractions_or_nothing() -> None:
    parts = [[None, None], [1, 2], [1.5, None]]
    table = look(
        *(parquet(pd.DataFrame({"x": x, "y": ["a", "b"]})) for x in parts), name="a.parquet"
    )
    assert kinds(table) == {"x": "numeric", "y": "categorical"}
    assert (table.columns[0].present, table.columns[0].missing) == (3, 3)


def test_part_files_that_disagree_on_a_type_are_refused_by_column() -> None:
    parts = [parquet(pd.DataFrame({"x": x, "y": ["a", "b"]})) for x in ([1, 2], ["one", "two"])]
    with pytest.raises(DatasetError, match="Field x has incompatible types"):
        look(*parts, name="a.parquet")


def test_the_target_is_looked_at_before_columns_that_use_up_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = np.random.default_rng(0).normal(size=(2000, 6))
    wide = pd.DataFrame(numbers, columns=[f"f{i}" for i in range(6)])
    body = parquet(wide.assign(kind=np.arange(2000) % 3))
    monkeypatch.setattr(parquet_sample, "VALUES_BUDGET", 50_000)
    table = look(body, name="a.parquet")
    target = table.columns[-1]
    assert (target.distinct, target.integers, target.unseen) == (3, True, False)
    assert table.columns[5].unseen
    assert choose_task(target, None)[0] == "classification"
    told = look(body, name="a.parquet", target="f5")
    assert not told.columns[5].unseen


def test_a_target_that_cannot_be_looked_at_has_to_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_sample, "VALUES_BUDGET", 10)
    target = look(parquet(frame()[["number", "small"]]), name="a.parquet").columns[-1]
    with pytest.raises(DatasetError, match=r"too large to be looked at.*Write `task:"):
        choose_task(target, None)
    assert choose_task(target, "classification") == ("classification", "")


def test_the_index_of_a_pandas_table_is_no_target_and_no_feature() -> None:
    some = frame()[["number", "word"]].query("number > 0")
    unnamed = look(indexed(some), name="a.parquet")
    assert choose_target(unnamed, None)[0].name == "word"
    columns, left_out = assign_roles(unnamed, "word", TuningConfig())
    assert [column.role for column in columns] == ["feature", "target", "ignored"]
    assert left_out == (
        "Column '__index_level_0__' is left out: it is the index of a pandas table.",
    )
    named = look(indexed(some.rename_axis("patient")), name="a.parquet")
    assert choose_target(named, None)[0].name == "word"


def indexed(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    return buffer.getvalue()


def test_strings_that_are_numbers_or_dates_are_told_by_their_values() -> None:
    strings = pd.DataFrame(
        {
            "number": [str(i * 1.5) for i in range(40)],
            "marked": ["-" if i % 4 == 0 else f"{i},000" for i in range(40)],
            "day": [f"2026-01-{i % 28 + 1:02}" for i in range(40)],
            "country": ["NA" if i % 2 else "EU" for i in range(40)],
        }
    )
    table = look(parquet(strings), name="train.parquet")
    assert kinds(table) == {
        "number": "numeric",
        "marked": "numeric",
        "day": "datetime",
        "country": "categorical",
    }
    assert [column.missing for column in table.columns] == [0, 10, 0, 0]


def test_values_that_cannot_be_read_are_a_broken_file() -> None:
    body = parquet(frame()[["number", "word"]])
    with pytest.raises(DatasetError, match="cannot be read as Parquet"):
        look(body[:200] + body[400:], name="train.parquet")
