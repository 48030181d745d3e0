"""From a file of 200 MB to the table that fit() gets, against pandas' own readers.

Ours is the code path of a training job, with its checks of every column. pandas reads the same file
into the same float64 matrix (or, for the mixed table, into the same frame). Imports are left out of
the time, and are in the memory.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.harness import PROGRAMS, Ratio, Results, Side, Size
from benchmarks.inputs import image_python, job_side, write_table

ROUNDS = 7
TIME_GOALS = {"csv": 1.5, "parquet": 1.2, "mixed": 2.0}
MEMORY_GOAL = 3.0
# Of each table: its file, columns of numbers, columns of words, and rows for 200 MB as CSV.
TABLES = {
    "csv": ("numbers.csv", 20, 0, 1_050_000),
    "parquet": ("numbers.parquet", 20, 0, 1_050_000),
    "mixed": ("mixed.csv", 12, 4, 1_500_000),
}
QUICK_ROWS = 2_000


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the tables, and return a side for each table and reader."""
    pairs = []
    for name, (file, numbers, words, rows) in TABLES.items():
        rows = rows if size == "full" else QUICK_ROWS
        data = write_table(folder / file, rows, numbers, words)
        program, job = str(PROGRAMS / "read_table.py"), folder / f"job-{name}"
        ours = job_side(f"{name}: ours", job, data, (program,), numbers, words)
        pairs += [ours, Side(f"{name}: pandas", (image_python(), program, str(data)))]
    return pairs


def ratios(results: Results) -> list[Ratio]:
    """Return time against pandas, and peak memory against the numbers' own size."""
    ratios = []
    for name, goal in TIME_GOALS.items():
        ours, peer = f"{name}: ours", f"{name}: pandas"
        results.check_agreement("checksum", ours, peer)
        ratios.append(results.ratio(ours, peer, goal))
        values = results.values(ours, "peak_bytes") / results.values(ours, "bytes")
        # Words take more than the numbers beside them.
        limit = MEMORY_GOAL if name != "mixed" else None
        ratios.append(Ratio(f"peak memory: {ours} / its numbers", values, limit))
    return ratios
