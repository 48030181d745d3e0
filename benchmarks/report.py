"""The files of a report for 100, 750 and 10,000 training jobs, against seconds and megabytes.

Each is made by a fresh process from synthetic results.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.harness import PROGRAMS, Ratio, Results, Side, Size

ROUNDS = 5
# By training jobs: seconds, and megabytes of the page.
GOALS = {100: (2, 1.2), 750: (3, 1.6), 10_000: (10, 5.0)}


def sides(folder: Path, size: Size) -> list[Side]:
    """Make a report for each number of training jobs."""
    return [
        Side(
            f"report, {jobs}",
            (sys.executable, str(PROGRAMS / "make_report.py"), str(jobs), f"{folder}/{jobs}.html"),
        )
        for jobs in (GOALS if size == "full" else (100,))
    ]


def ratios(results: Results) -> list[Ratio]:
    """Compare with the goals."""
    ratios = []
    for side in results.runs:
        seconds, megabytes = GOALS[int(side.removeprefix("report, "))]
        bytes_ = megabytes * 1e6
        ratios += [
            Ratio(f"time: {side} / {seconds} s", results.values(side, "wall_seconds") / seconds, 1),
            Ratio(f"page: {side} / {megabytes} MB", results.values(side, "page_bytes") / bytes_, 1),
        ]
    return ratios
