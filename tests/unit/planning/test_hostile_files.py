"""Files made to hurt: PlanRun and `tunedrop check` reject them in words, in bounded memory."""

from __future__ import annotations

import gzip
import io
import resource
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sklearn_trainer.errors import DatasetError
from sklearn_trainer.process.children import run
from tests.support.planning import World
from tunedrop.cli.arguments import DatasetFiles
from tunedrop.cli.dry_run import plan_locally
from tunedrop.errors import LimitError

R = TypeVar("R")

ROWS = b"1,x,1\n2,y,0\n" * 50
TABLE = b"a,b,target\n" + ROWS
MIB = 2**20
SECONDS = 120  # a test may wait so long before it fails; a healthy machine takes a few

# PlanRun has 3,008 MB; what reads files that are rejected gets so much beside the files themselves.
MOST_MEMORY = 600 * MIB


def with_field(size: int, mark: bytes = b"") -> bytes:
    return TABLE + b"3," + mark + b"z" * size + mark + b",1\n" + ROWS


def with_open_mark(rows: int) -> bytes:
    return TABLE + b'3,"x,1\n' + b"1,x,1\n2,y,0\n" * rows


def packed(table: bytes, zeros: int) -> bytes:
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=1, mtime=0) as file:
        file.write(table)
        for _ in range(zeros // (10 * MIB)):
            file.write(bytes(10 * MIB))
    return target.getvalue()


def parquet(words: pa.Array | None = None) -> bytes:
    numbers = np.arange(200)
    columns = {"x": numbers * 1.5, "y": numbers % 7, "target": numbers % 2}
    table = pa.table(columns | ({"words": words} if words is not None else {}))
    target = io.BytesIO()
    pq.write_table(table, target, store_schema=False)
    return target.getvalue()


def not_utf8() -> bytes:
    stored = pa.array([b"ab\xff%d" % i for i in range(200)], pa.binary())
    return parquet(pa.Array.from_buffers(pa.string(), 200, stored.buffers()))


def deep_footer(depth: int = 100_000) -> bytes:
    footer = b"\x15\x02" + b"\x1c" * depth + b"\x00" * depth
    return b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def damaged_footer() -> bytes:
    body = bytearray(parquet())
    end = len(body) - 8
    start = end - int.from_bytes(body[end : end + 4], "little")
    for place in np.random.default_rng(0).integers(start, end, 30):
        body[place] ^= 0xFF
    return bytes(body)


def long_words(rows: int = 1_000_000) -> bytes:
    """Write 5 GB of text as two words and which of them each row has."""
    numbers = np.arange(rows)
    words = pa.DictionaryArray.from_arrays(
        pa.array(numbers % 2, pa.int32()), pa.array(["a" * 5_000, "b" * 5_000])
    )
    target = io.BytesIO()
    pq.write_table(pa.table({"x": numbers % 7, "words": words, "target": numbers % 3 % 2}), target)
    return target.getvalue()


def run_length_encoded(groups: int = 100, rows: int = 1_000_000) -> bytes:
    columns = {"x": np.repeat(np.arange(10) * 1.5, rows // 10), "y": np.arange(rows) // 250_000}
    table = pa.table(columns | {"target": np.arange(rows) // (rows // 2)})
    target = io.BytesIO()
    with pq.ParquetWriter(target, table.schema) as writer:
        for _ in range(groups):
            writer.write_table(table)
    return target.getvalue()


LONG = "A line is longer than a line of a table can be"
OPEN = "A quotation mark is never closed"
BROKEN = "The file cannot be read as Parquet"

HOSTILE: dict[str, tuple[str, Callable[[], bytes], str, str]] = {
    "a long field": ("csv", lambda: with_field(40 * MIB), LONG, "line 102"),
    "a long quoted field": ("csv", lambda: with_field(40 * MIB, b'"'), LONG, "line 102"),
    "an inch mark in a long line": (
        "csv",
        lambda: TABLE + b'3,5" ' + b"z" * 40 * MIB + b",1\n" + ROWS,
        LONG,
        "line 102",
    ),
    "a mark that is never closed": ("csv", lambda: with_open_mark(2 * MIB), OPEN, "line 102"),
    "a mark in the header": (
        "csv",
        lambda: b'a,"b,target\n' + b"1,x,1\n" * 500_000,
        OPEN,
        "line 1",
    ),
    "a header of one long name": ("csv", lambda: b"a" * 3 * MIB + b",b\n1,2\n", LONG, "line 1"),
    "a header of many names": ("csv", lambda: b"a," * 3 * MIB + b"b\n1,2\n", LONG, "line 1"),
    "empty members of gzip": (
        "csv.gz",
        lambda: gzip.compress(b"", mtime=0) * 300_000,
        "no lines of data",
        "train.csv.gz",
    ),
    "zeros in gzip": ("csv.gz", lambda: packed(b"", 1000 * MIB), "binary data", "train.csv.gz"),
    "zeros behind rows": ("csv.gz", lambda: packed(TABLE, 1000 * MIB), "NUL", "line 102"),
    "a damaged footer": ("parquet", damaged_footer, BROKEN, "train.parquet"),
    "a deep footer": ("parquet", deep_footer, BROKEN, "train.parquet"),
    "run-length encoded rows": (
        "parquet",
        run_length_encoded,
        "The decoded dataset is larger",
        "train.parquet",
    ),
    "text that is not UTF-8": ("parquet", not_utf8, "not UTF-8", "column 'words'"),
}


def in_little_memory(function: Callable[[], R]) -> R:
    """Return what a function returns in a child process, which gets `MOST_MEMORY` more."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[5])

    def call() -> R:
        most = pages * resource.getpagesize() + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        return function()

    outcome = run(call, SECONDS)
    assert outcome.value is not None, outcome.reason
    return outcome.value


def reject(function: Callable[[], object]) -> tuple[str, str]:
    """Return what and where of a rejection in little memory."""

    def call() -> tuple[str, str]:
        with pytest.raises((DatasetError, LimitError)) as raised:
            function()
        return raised.value.what, raised.value.where

    return in_little_memory(call)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_rejected_in_words_and_check_says_the_same(
    name: str, tmp_path: Path
) -> None:
    suffix, make, problem, where = HOSTILE[name]
    path = tmp_path / f"train.{suffix}"
    path.write_bytes(make())
    world = World()
    event = world.drop(f"hostile/{path.name}", path.read_bytes())
    rejected = reject(lambda: world.run(event))
    assert problem in rejected[0]
    assert where in rejected[1]
    files = DatasetFiles("hostile", {f"datasets/hostile/{path.name}": path})
    assert reject(lambda: plan_locally(files, None)) == rejected


def test_long_words_that_come_back_are_planned_by_a_sample() -> None:
    world = World()
    event = world.drop("words/train.parquet", long_words())
    plan = in_little_memory(lambda: world.plan(world.run(event)))
    assert plan.data.rows == 1_000_000
    assert not plan.data.is_complete
    assert [column.kind for column in plan.data.columns] == ["numeric", "categorical", "numeric"]
