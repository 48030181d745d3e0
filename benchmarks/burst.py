"""500 datasets dropped at once, and 200 that a schedule's tick finds, against one dataset alone.

On a local AWS with training jobs that answer at once, so that everything around training is
measured. The program fails unless each dataset has its one report, and never more than the limit of
ten runs were under way.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size

# Datasets that are dropped, and that a tick finds.
SIZES: dict[Size, tuple[int, int]] = {"full": (500, 200), "quick": (5, 3)}
ALONE = "one alone"
DROPPED, TICK = "dropped at once", "by one tick"
MEMORY_GOAL = 1.5e9


def sides(folder: Path, size: Size) -> list[Side]:
    """Give each side a local AWS of its own."""
    dropped, by_tick = SIZES[size]
    return [
        _side(folder, f"{dropped} {DROPPED}", dropped, "drop"),
        _side(folder, f"{by_tick} {TICK}", by_tick, "tick"),
        _side(folder, ALONE, 1, "drop"),
    ]


def ratios(results: Results) -> list[Ratio]:
    """Compare what one dataset takes, and hold the server's memory against its goal."""
    found = []
    for side in (each for each in results.runs if each != ALONE):
        each = results.values(side, "seconds_each")
        alone = results.values(ALONE, "seconds_each")
        pairs = tuple(a / b for a, b in zip(each, alone, strict=True))
        found.append(Ratio(f"time for each dataset: {side} / {ALONE}", pairs, 1.0))
    for side in results.runs:
        peaks = tuple(value / MEMORY_GOAL for value in results.values(side, "server_peak_bytes"))
        found.append(Ratio(f"memory of the server: {side} / {MEMORY_GOAL / 1e9:g} GB", peaks, 1.0))
    return found


def _side(folder: Path, name: str, count: int, way: str) -> Side:
    program = str(environments.PROGRAMS / "burst_of_datasets.py")
    workspace = str(folder / f"local-aws-{way}-{count}")
    return Side(
        name,
        (sys.executable, program, workspace, str(count), way),
        {"PYTHONPATH": environments.EVERYTHING},
    )


BENCHMARK = Benchmark(
    name="burst",
    question="500 datasets dropped at once, and 200 by one tick, from drop to the last report",
    sides=sides,
    ratios=ratios,
    rounds=0,
    minutes=30,
)
