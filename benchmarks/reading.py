"""From a file of 200 MB to the arrays that fit() gets, against the fastest reader of each format.

Ours is the code path of a training job, with its checks of every column. The peers read the same
file into the same float64 matrix (or, for the mixed table, into the same frame). Imports are left
out of the time, and are in the memory.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size
from benchmarks.jobs import write_job

TIME_GOALS = {"csv": 1.5, "parquet": 1.2, "mixed": 2.0}
MEMORY_GOAL = 3.0
COLUMNS = 20
ROWS = {"full": 1_050_000, "quick": 2_000}  # of twenty columns: 200 MB as CSV
MIXED_ROWS = {"full": 1_500_000, "quick": 2_000}
PEERS = ("pandas", "pandas-pyarrow", "pyarrow", "polars")
QUICK_PEERS = ("pandas", "pyarrow")
TABLES = ("csv", "parquet", "mixed")
_READ = environments.PROGRAMS / "read.py"
_BLOCK = 50_000


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the tables, and a side for each table and reader."""
    numbers = {f"x{i}": "numeric" for i in range(COLUMNS)} | {"y": "numeric"}
    words = {f"x{i}": "numeric" for i in range(12)}
    words |= {f"c{i}": "categorical" for i in range(4)} | {"y": "numeric"}
    csv, parquet, mixed = folder / "train.csv", folder / "train.parquet", folder / "mixed.csv"
    _write(csv, parquet, ROWS[size], numbers)
    _write(mixed, None, MIXED_ROWS[size], words)
    found = []
    for table, data, kinds in (
        ("csv", csv, numbers),
        ("parquet", parquet, numbers),
        ("mixed", mixed, words),
    ):
        job = write_job(
            folder / f"job-{table}",
            data,
            columns=kinds,
            class_path="sklearn.linear_model.LogisticRegression",
            hyperparameters={},
        )
        found.append(
            Side(
                f"{table}: ours",
                (environments.image_python(), str(environments.PROGRAMS / "read_ours.py")),
                {"SAGEMAKER_BASE_DIR": str(job), "PYTHONPATH": environments.CONTAINER},
            )
        )
        found += [
            Side(f"{table}: {peer}", (environments.peers_python(), str(_READ), peer, str(data)))
            for peer in (PEERS if size == "full" else QUICK_PEERS)
            if (table, peer) != ("parquet", "pandas-pyarrow")
        ]
    return found


def ratios(results: Results) -> list[Ratio]:
    """Return time against the fastest peer, and peak memory against the numbers' own size."""
    found = []
    for table in TABLES:
        ours, peers = f"{table}: ours", [f"{table}: {peer}" for peer in PEERS]
        same = Results(
            {side: results.runs[side] for side in (ours, *peers) if side in results.runs}
        )
        same.agree("checksum")
        found.append(same.against_fastest(ours, peers, goal=TIME_GOALS[table]))
        sizes = zip(results.values(ours, "peak_bytes"), results.values(ours, "bytes"), strict=True)
        found.append(
            Ratio(
                f"peak memory: {ours} / its numbers",
                tuple(peak / size for peak, size in sizes),
                MEMORY_GOAL,
            )
        )
    return found


def _write(csv: Path, parquet: Path | None, rows: int, kinds: dict[str, str]) -> None:
    """Write a table block by block; numbers have six digits, as measurements do."""
    draw = np.random.default_rng(0)
    words = np.array([f"word {i}" for i in range(20)])
    columns: dict[str, list[np.ndarray]] = {name: [] for name in kinds}
    for start in range(0, rows, _BLOCK):
        count = min(_BLOCK, rows - start)
        for name, kind in kinds.items():
            if name == "y":
                columns[name].append(draw.integers(0, 2, count))
            elif kind == "numeric":
                columns[name].append(np.round(draw.normal(size=count) * 10, 6))
            else:
                columns[name].append(words[draw.integers(0, len(words), count)])
    table = pa.table({name: np.concatenate(blocks) for name, blocks in columns.items()})
    pa.csv.write_csv(table, csv)
    if parquet is not None:
        pa.parquet.write_table(table, parquet)


BENCHMARK = Benchmark(
    name="reading",
    question="From a file of 200 MB to the arrays that fit() gets",
    sides=sides,
    ratios=ratios,
    rounds=7,
    minutes=3,
)
