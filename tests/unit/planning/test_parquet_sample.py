import io
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.fakes import FakeS3
from tests.support.tables import kinds, look, parquet
from tunedrop.errors import DatasetError
from tunedrop.planning import parquet_sample
from tunedrop.planning.column_roles import assign_roles
from tunedrop.planning.target import choose_target
from tunedrop.planning.tuning_config.model import TuningConfig

ROOT = Path(__file__).parents[3]


ROWS = 100
COLUMNS: dict[str, tuple[Any, str | None]] = {
    "id": (range(ROWS), "numeric"),
    "number": (np.random.default_rng(0).normal(size=ROWS), "numeric"),
    "small": (np.arange(ROWS, dtype="int8") % 5, "numeric"),
    "flag": (np.arange(ROWS) % 2 == 0, "boolean"),
    "word": ([f"w{i % 4}" for i in range(ROWS)], "categorical"),
    "category": (pd.Categorical([f"c{i % 3}" for i in range(ROWS)]), "categorical"),
    "text": ([f"sentence number {i}" for i in range(ROWS)], "text"),
    "day": ([date(2026, 1, 1) + timedelta(days=i) for i in range(ROWS)], "datetime"),
    "moment": (pd.date_range("2026-01-01", periods=ROWS, freq="h", tz="UTC"), "datetime"),
    "list": ([[1, 2]] * ROWS, None),
    "nothing": ([None] * ROWS, None),
    "digits": (["-" if i % 4 == 0 else f"{i},000" for i in range(ROWS)], "numeric"),
}
FRAME = pd.DataFrame({name: values for name, (values, _) in COLUMNS.items()})


def same_names() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table([[1, 2], [3, 4]], names=["a", "a"]), sink)
    return bytes(sink.getvalue())


NUMBERS = parquet(FRAME[["number", "word"]])


def test_kinds_come_from_types_and_values() -> None:
    table = look(parquet(FRAME, compression="zstd"), name="train.parquet")
    assert kinds(table) == {name: kind for name, (_, kind) in COLUMNS.items()}
    assert table.rows == ROWS
    by_name = {column.name: column for column in table.columns}
    assert by_name["id"].identifier
    assert by_name["list"].unusable
    assert by_name["small"].integers
    assert by_name["small"].distinct == 5


def test_of_a_large_file_the_ends_of_some_row_groups_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet_sample, "WHOLE_BYTES", 800_000)
    monkeypatch.setattr(parquet_sample, "FOOTER_BYTES", 50_000)
    monkeypatch.setattr(parquet_sample, "SAMPLE_CELLS", 12_000)
    rows = 60_000
    wide = pd.DataFrame({f"x{i}": np.random.default_rng(i).normal(size=rows) for i in range(4)})
    body = parquet(wide.assign(x0=range(rows)), row_group_size=5_000)
    assert len(body) > 1_500_000
    s3 = FakeS3()
    table = look(body, name="train.parquet", s3=s3)
    assert s3.bytes_read < 800_000
    assert (table.rows, table.is_complete) == (rows, False)
    assert set(kinds(table).values()) == {"numeric"}
    assert len(table.data) == 3_000
    assert table.columns[0].maximum is not None
    assert table.columns[0].maximum >= 55_000  # the last row group was read


def test_a_small_file_with_very_many_rows_is_not_read_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet_sample, "WHOLE_CELLS", 50_000)
    monkeypatch.setattr(parquet_sample, "SAMPLE_CELLS", 10_000)
    body = parquet(pd.DataFrame({"x": np.zeros(100_000), "y": np.arange(100_000) % 2}))
    table = look(body, name="train.parquet")
    assert (table.rows, table.is_complete, len(table.data)) == (100_000, False, 5_000)


def test_row_groups_that_are_too_large_are_rejected_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet_sample, "WHOLE_BYTES", 10_000)
    monkeypatch.setattr(parquet_sample, "SAMPLE_BYTES", 10_000)
    numbers = np.random.default_rng(0).normal(size=(2_000, 2))
    with pytest.raises(DatasetError, match="too large to look at") as raised:
        look(parquet(pd.DataFrame(numbers, columns=["a", "b"])), name="train.parquet")
    assert "smaller row groups" in raised.value.to_do


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([b"a,b\n1,2\n"], "cannot be read as Parquet"),
        ([parquet(FRAME)[:-20]], "cannot be read as Parquet"),
        ([NUMBERS[:200] + NUMBERS[400:]], "cannot be read as Parquet"),
        ([parquet(FRAME[:0])], "no rows"),
        ([parquet(FRAME[["number"]])], "only one column"),
        ([same_names()], "two columns with the same name"),
        ([NUMBERS, parquet(FRAME[["number", "flag"]])], "part-1.*, column 'word'"),
        (
            [NUMBERS, parquet(FRAME[["number", "word"]].assign(number="one"))],
            "Field number has incompatible types",
        ),
    ],
)
def test_a_broken_file_is_refused_with_a_message(parts: list[bytes], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        look(*parts, name="train.parquet")


def test_the_index_of_a_pandas_table_is_no_target_and_no_feature() -> None:
    positive = FRAME[["number", "word"]].query("number > 0")
    unnamed = look(indexed(positive), name="a.parquet")
    assert choose_target(unnamed, None)[0].name == "word"
    columns, left_out = assign_roles(unnamed, "word", TuningConfig(), {})
    assert [column.role for column in columns] == ["feature", "target", "ignored"]
    assert left_out == (
        "Column '__index_level_0__' is excluded: it is the index of a pandas table.",
    )
    named = look(indexed(positive.rename_axis("patient")), name="a.parquet")
    assert choose_target(named, None)[0].name == "word"


def indexed(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    return buffer.getvalue()


def test_the_first_table_of_a_process_is_read(tmp_path: Path) -> None:
    """Arrow's allocator reserves more addresses at its first allocation than a child may take."""
    (tmp_path / "train.parquet").write_bytes(parquet(FRAME))
    program = (
        "import sys; from pathlib import Path; from tests.support.tables import look\n"
        "look(Path(sys.argv[1]).read_bytes(), name='train.parquet')"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "train.parquet")]
    environment = {**os.environ, "PYTHONPATH": ".:common:lambda:training_container"}
    process = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert process.returncode == 0, process.stderr[-2000:]
