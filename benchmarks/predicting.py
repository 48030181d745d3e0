"""Predictions of a million rows as a file, against the server's own reading and predicting.

Ours reads, predicts and writes a CSV of ten columns in pieces, as Predict does. The peer answers
the same rows as requests of 6 MB, the most that a batch transform sends, without HTTP.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.harness import PROGRAMS, Ratio, Results, Side, Size
from benchmarks.inputs import image_python, write_table

ROUNDS = 3
ROWS: dict[Size, tuple[int, ...]] = {"full": (100_000, 1_000_000), "quick": (500, 1_000)}
TIME_GOAL, MEMORY_GOAL = 1.5, 1.2


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the rows; return a side for each number of rows, and the server."""
    program = str(PROGRAMS / "predict_rows.py")
    files = [write_table(folder / f"{rows}.csv", rows) for rows in ROWS[size]]
    return [
        *(
            Side(name, (image_python(), program, "file", str(file)))
            for name, file in zip(("a tenth", "file"), files, strict=True)
        ),
        Side("server", (image_python(), program, "server", str(files[-1]))),
    ]


def ratios(results: Results) -> list[Ratio]:
    """Return time against the server, and peak memory against a tenth of the rows."""
    results.check_agreement("checksum", "file", "server")
    growth = results.values("file", "peak_bytes") / results.values("a tenth", "peak_bytes")
    return [
        results.ratio("file", "server", TIME_GOAL),
        Ratio("peak memory: file / a tenth", growth, MEMORY_GOAL),
    ]
