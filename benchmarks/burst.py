"""500 datasets dropped at once, in seconds for each.

On a local AWS with training jobs that answer at once, so that everything around training is
measured. The program fails unless each dataset has its one report, and never more than the limit of
ten runs were under way.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.harness import PROGRAMS, Ratio, Results, Side, Size

ROUNDS = 0
DATASETS: dict[Size, int] = {"full": 500, "quick": 5}
SECONDS_EACH = 3.0
SIDE = "datasets dropped at once"


def sides(folder: Path, size: Size) -> list[Side]:
    """Return the side, with a local AWS of its own."""
    program, workspace = str(PROGRAMS / "burst_of_datasets.py"), str(folder / "local-aws")
    command = (sys.executable, program, workspace, str(DATASETS[size]))
    return [Side(SIDE, command)]


def ratios(results: Results) -> list[Ratio]:
    """Compare the time for a dataset with its goal."""
    label = f"time for each dataset / {SECONDS_EACH:g} s"
    return [Ratio(label, results.values(SIDE, "seconds_each") / SECONDS_EACH, 1.0)]
