"""The files of a report for 100, 750 and 10,000 training jobs, against a page of plain charts.

Both start as a fresh process from the same synthetic results. The peer draws what a notebook would,
with the same library: the objective over time and against each hyperparameter, with everything
inside the page that it needs offline.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.harness import FULL_PATH, PROGRAMS, Ratio, Results, Side, Size

ROUNDS = 5
MINUTES = 3
# By training jobs: seconds, and megabytes of the page.
GOALS = {100: (2, 1.2), 750: (3, 1.6), 10_000: (10, 5.0)}
TRAINING_JOBS: Mapping[Size, tuple[int, ...]] = {"full": tuple(GOALS), "quick": (100,)}
OURS, PEER = "report", "plain charts"
PROGRAM_FILES = {OURS: "make_report.py", PEER: "plain_charts.py"}


def sides(folder: Path, size: Size) -> list[Side]:
    """Make a report and the peer's page for each number of training jobs."""
    return [
        _side(name, jobs, folder / f"{name}-{jobs}.html")
        for jobs in TRAINING_JOBS[size]
        for name in PROGRAM_FILES
    ]


def ratios(results: Results) -> list[Ratio]:
    """Compare with the peer, and with the goals."""
    ratios = []
    for jobs, (seconds, megabytes) in GOALS.items():
        side, peer = f"{OURS}, {jobs}", f"{PEER}, {jobs}"
        if side in results.runs:
            ratios += [
                results.ratio(side, peer, measure="cpu_seconds"),
                results.share(side, "wall_seconds", seconds, f"time: {side} / {seconds} s"),
                results.share(
                    side, "page_bytes", megabytes * 1e6, f"page: {side} / {megabytes} MB"
                ),
            ]
    return ratios


def _side(name: str, jobs: int, page: Path) -> Side:
    return Side(
        f"{name}, {jobs}",
        (sys.executable, str(PROGRAMS / PROGRAM_FILES[name]), str(jobs), str(page)),
        {"PYTHONPATH": FULL_PATH},
        collect=lambda: {"page_bytes": page.stat().st_size},
    )
