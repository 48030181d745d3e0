from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_trainer.data import parquet_numbers
from sklearn_trainer.data.number_block import block_of
from sklearn_trainer.data.parquet_numbers import read_parquet_numbers
from sklearn_trainer.errors import DatasetError
from tunedrop_common.targets import GREATEST

SIZES = {
    pa.int8(): st.integers(-(2**7), 2**7 - 1),
    pa.uint16(): st.integers(0, 2**16 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float16(): st.floats(width=16).map(np.float16),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
}


@st.composite
def tables(draw: st.DrawFn) -> list[pa.Table]:
    """Return tables of the same columns, with types of their own and missing values."""
    columns = draw(st.integers(1, 4))
    found = []
    for _ in range(draw(st.integers(1, 3))):
        rows = draw(st.integers(0, 12))
        arrays = []
        for _ in range(columns):
            kind = draw(st.sampled_from(list(SIZES)))
            cells = st.one_of(st.none(), SIZES[kind]) if draw(st.booleans()) else SIZES[kind]
            arrays.append(pa.array(draw(st.lists(cells, min_size=rows, max_size=rows)), kind))
        found.append(pa.table(arrays, names=[f"x{i}" for i in range(columns)]))
    return found


@settings(deadline=None, max_examples=80)
@given(tables(), st.integers(1, 5), st.sampled_from([1, 2**20]))
def test_numbers_are_those_that_were_written(
    parts: list[pa.Table], row_group: int, task_bytes: int
) -> None:
    names = parts[0].column_names
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_numbers, "TASK_BYTES", task_bytes)
        patch.setenv("OMP_NUM_THREADS", "2")
        paths = [Path(folder, f"{i}.parquet") for i in range(len(parts))]
        for path, table in zip(paths, parts, strict=True):
            pq.write_table(table, path, row_group_size=row_group)
        found = read_parquet_numbers(paths, names)
    assert list(found) == names
    for name in names:
        written = [x for part in parts for x in part.column(name).to_pylist()]
        expected = np.array([np.nan if x is None else float(x) for x in written])
        numbers = found[name].to_numpy()
        np.testing.assert_array_equal(numbers, expected)
        assert not np.signbit(numbers[numbers == 0]).any()
        assert found[name].null_count == np.isnan(expected).sum()
        usable = bool((np.nan_to_num(np.abs(expected)) <= GREATEST).all())
        if sum(map(len, parts)):
            assert (block_of([found[name]]) is not None) == usable


def write(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_batches_of_a_large_row_group_follow_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_numbers, "BATCH_BYTES", 1)
    written = np.arange(5000.0)
    path = write(tmp_path / "a.parquet", x=pa.array(written), y=pa.array(-written))
    found = read_parquet_numbers([path], ["y", "x"])
    np.testing.assert_array_equal(found["x"].to_numpy(), written)
    np.testing.assert_array_equal(found["y"].to_numpy(), -written)


def test_only_columns_that_are_numbers_in_all_files_are_read(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.parquet", x=pa.array([1, 2]), w=pa.array([1, 2]), n=pa.array([1, 2])
    )
    second = write(tmp_path / "b.parquet", x=pa.array([3.5]), w=pa.array(["a"]), n=pa.array([None]))
    assert set(read_parquet_numbers([first, second], ["x", "w", "n", "absent"])) == {"x"}
    assert read_parquet_numbers([second], ["w"]) == {}


def test_columns_whose_name_could_mean_another_are_not_read(tmp_path: Path) -> None:
    values = [pa.array([1, 2]), pa.array([3, 4]), pa.array([{"b": 5}, {"b": 6}]), pa.array([7, 8])]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(values, names=[" x", "x", "s", "s.b"]), path)
    assert read_parquet_numbers([path], ["x", "x.1", "s.b", "s"]) == {}
    pq.write_table(pa.table(values[:2], names=["a", "a.b"]), path)
    found = read_parquet_numbers([path], ["a.b", "a"])
    assert {name: column.to_pylist() for name, column in found.items()} == {
        "a.b": [3, 4],
        "a": [1, 2],
    }


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.parquet", x=pa.array(np.arange(1000.0))).read_bytes()
    good = tmp_path / "a.parquet"
    for number, content in enumerate((whole[:-50], whole[:4] + b"\xff" * 900 + whole[904:])):
        broken = tmp_path / f"broken{number}.parquet"
        broken.write_bytes(content)
        with pytest.raises(DatasetError, match=rf"(?s)cannot be read as Parquet.*{broken.name}"):
            read_parquet_numbers([good, broken], ["x"])
