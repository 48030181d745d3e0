"""From a file of 200 MB to the table that fit() gets, against pandas' own readers.

Ours is the code path of a training job, with its checks of every column. pandas reads the same file
into the same float64 matrix (or, for the mixed table, into the same frame). Imports are left out of
the time, and are in the memory.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size
from benchmarks.training import write_job

TIME_GOALS = {"csv": 1.5, "parquet": 1.2, "mixed": 2.0}
MEMORY_GOAL = 3.0
NUMBERS = {f"x{i}": "numeric" for i in range(20)} | {"y": "numeric"}
MIXED = {f"x{i}": "numeric" for i in range(12)}
MIXED |= {f"c{i}": "categorical" for i in range(4)} | {"y": "numeric"}
ROWS: dict[Size, int] = {"full": 1_050_000, "quick": 2_000}  # of twenty columns: 200 MB as CSV
MIXED_ROWS: dict[Size, int] = {"full": 1_500_000, "quick": 2_000}
_BLOCK = 50_000


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the tables, and a side for each table and reader."""
    numbers, mixed = _table(ROWS[size], NUMBERS), _table(MIXED_ROWS[size], MIXED)
    files = {name: folder / f"{name}.csv" for name in ("csv", "mixed")}
    files["parquet"] = folder / "numbers.parquet"
    pa.csv.write_csv(numbers, files["csv"])
    pa.csv.write_csv(mixed, files["mixed"])
    pa.parquet.write_table(numbers, files["parquet"])
    python, found = environments.image_python(), []
    for name, data in files.items():
        kinds = MIXED if name == "mixed" else NUMBERS
        path = "sklearn.linear_model.LogisticRegression"
        job = write_job(folder / f"job-{name}", data, kinds, path, {})
        variables = {"SAGEMAKER_BASE_DIR": str(job), "PYTHONPATH": environments.CONTAINER}
        programs = environments.PROGRAMS
        ours = (python, str(programs / "read_ours.py"))
        found.append(Side(f"{name}: ours", ours, variables))
        found.append(Side(f"{name}: pandas", (python, str(programs / "read.py"), str(data))))
    return found


def ratios(results: Results) -> list[Ratio]:
    """Return time against pandas, and peak memory against the numbers' own size."""
    found = []
    for name, goal in TIME_GOALS.items():
        ours, peer = f"{name}: ours", f"{name}: pandas"
        results.agree("checksum", ours, peer)
        found.append(results.ratio(ours, peer, goal))
        sizes = zip(results.values(ours, "peak_bytes"), results.values(ours, "bytes"), strict=True)
        values = tuple(peak / size for peak, size in sizes)
        # Words take more than the numbers beside them.
        limit = MEMORY_GOAL if name != "mixed" else None
        found.append(Ratio(f"peak memory: {ours} / its numbers", values, limit))
    return found


def _table(rows: int, kinds: dict[str, str]) -> pa.Table:
    """Make a table block by block; numbers have six digits, as measurements do."""
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
    return pa.table({name: np.concatenate(blocks) for name, blocks in columns.items()})


BENCHMARK = Benchmark(
    name="reading",
    question="From a file of 200 MB to the table that fit() gets",
    sides=sides,
    ratios=ratios,
    rounds=7,
    minutes=3,
)
