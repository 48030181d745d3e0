"""The score that a search reaches with the same budget of fits, on small real tuning problems.

Ours is the local SageMaker's Bayesian strategy, with two training jobs at a time as in a run; the
peers try one after the other, which is to their advantage. What is compared is the loss, 1 - score,
as the geometric mean over all problems and seeds.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size

OURS = "local SageMaker, Bayesian"
PEERS = {
    "Optuna, TPE": "optuna",
    "RandomizedSearchCV": "random",
    "HalvingRandomSearchCV": "halving",
}
# Fits (a fit is all folds of one problem), and searches of each problem.
BUDGETS: dict[Size, tuple[int, int]] = {"full": (20, 3), "quick": (6, 1)}


def sides(folder: Path, size: Size) -> list[Side]:
    """Give each method the same budget."""
    fits, seeds = BUDGETS[size]
    program = str(environments.PROGRAMS / "search_scores.py")
    variables = {"PYTHONPATH": str(environments.ROOT), "OMP_NUM_THREADS": "1"}

    def side(name: str, method: str) -> Side:
        command = (sys.executable, program, method, str(fits), str(seeds), size)
        return Side(name, command, variables)

    return [side(OURS, "ours"), *(side(name, method) for name, method in PEERS.items())]


def ratios(results: Results) -> list[Ratio]:
    """Return our loss over that of each peer."""
    return [
        results.against_fastest(OURS, [peer], goal=1.0, what="loss")
        for peer in PEERS
        if peer in results.runs
    ]


BENCHMARK = Benchmark(
    name="search",
    question="What score does a search reach with the same budget of fits, on 13 real problems?",
    sides=sides,
    ratios=ratios,
    rounds=0,
)
