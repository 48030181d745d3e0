"""The files of a report for 100, 750 and 10,000 training jobs, against a page of plain charts.

Both start as a fresh process from the same made-up results. The peer draws what a notebook would,
with the same library: the objective over time and against each hyperparameter, with everything
inside the page that it needs offline.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size

TRAINING_JOBS: Mapping[Size, tuple[int, ...]] = {"full": (100, 750, 10_000), "quick": (20,)}
# By training jobs: seconds, and bytes of the page.
GOALS = {100: (2.0, 1.2e6), 750: (3.0, 1.6e6), 10_000: (10.0, 5e6)}
MEMORY_GOAL = 512e6
OURS, PEER = "report", "plain charts"
PROGRAMS = {OURS: "make_report.py", PEER: "plain_charts.py"}


def sides(folder: Path, size: Size) -> list[Side]:
    """Make a report and the peer's page for each amount of training jobs."""
    return [
        _side(name, amount, folder / f"{program}-{amount}.html")
        for amount in TRAINING_JOBS[size]
        for name, program in PROGRAMS.items()
    ]


def ratios(results: Results) -> list[Ratio]:
    """Compare with the peer, and with the goals."""
    found = []
    for side in (each for each in results.runs if each.startswith(OURS)):
        amount = int(side.split()[-1])
        peer = side.replace(OURS, PEER)
        found += [results.ratio(side, peer, what=what) for what in ("cpu_seconds", "page_bytes")]
        seconds, page = GOALS.get(amount, (None, None))
        if seconds and page:
            found += [
                _part(results, side, "wall_seconds", seconds, f"time: {side} / {seconds:g} s"),
                _part(results, side, "peak_bytes", MEMORY_GOAL, f"memory: {side} / 512 MB"),
                _part(results, side, "page_bytes", page, f"page: {side} / {page / 1e6:g} MB"),
            ]
    return found


def _part(results: Results, side: str, what: str, goal: float, label: str) -> Ratio:
    """Return a number as a part of its goal."""
    return Ratio(label, tuple(value / goal for value in results.values(side, what)), 1.0)


def _side(name: str, amount: int, page: Path) -> Side:
    program = str(environments.PROGRAMS / PROGRAMS[name])
    return Side(
        f"{name}, {amount}",
        (sys.executable, program, str(amount), str(page)),
        {"PYTHONPATH": environments.EVERYTHING},
        collect=lambda: {"page_bytes": page.stat().st_size},
    )


BENCHMARK = Benchmark(
    name="report",
    question="The report of a run with 100, 750 and 10,000 training jobs",
    sides=sides,
    ratios=ratios,
    rounds=5,
    minutes=3,
)
