"""500 datasets dropped at once, and 200 by one scheduled start, in seconds for each.

On a local AWS with training jobs that answer at once, so that everything around training is
measured. The program fails unless each dataset has its one report, and never more than the limit of
ten runs were under way.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.harness import FULL_PATH, PROGRAMS, Ratio, Results, Side, Size

ROUNDS = 0
# Datasets that are dropped, and that a scheduled start finds.
SIZES: dict[Size, tuple[int, int]] = {"full": (500, 200), "quick": (5, 3)}
SECONDS_EACH = 3.0


def sides(folder: Path, size: Size) -> list[Side]:
    """Return the sides, each with a local AWS of its own."""
    dropped, by_schedule = SIZES[size]
    return [
        _side(folder, f"{dropped} dropped at once", dropped, "drop"),
        _side(folder, f"{by_schedule} by one scheduled start", by_schedule, "schedule"),
    ]


def ratios(results: Results) -> list[Ratio]:
    """Compare the time for a dataset with its goal."""
    label = f"time for each dataset: {{}} / {SECONDS_EACH:g} s"
    return [
        results.share(side, "seconds_each", SECONDS_EACH, label.format(side))
        for side in results.runs
    ]


def _side(folder: Path, name: str, datasets: int, trigger: str) -> Side:
    program, workspace = str(PROGRAMS / "burst_of_datasets.py"), folder / f"local-aws-{name}"
    command = (sys.executable, program, str(workspace), str(datasets), trigger)
    return Side(name, command, {"PYTHONPATH": FULL_PATH})
