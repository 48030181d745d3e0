"""The score that a search reaches with the same budget of fits, on small real tuning problems.

Ours is the local SageMaker's Bayesian strategy, with two training jobs at a time as in a run; the
peer is scikit-learn's random search. What is compared is the loss, 1 - score, as the geometric
mean over all problems, seed by seed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import geometric_mean

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size

OURS = "local SageMaker, Bayesian"
PEERS = {"RandomizedSearchCV": "random"}
# Fits (a fit is all folds of one problem; 30 are a run's default), and searches of each problem.
BUDGETS: dict[Size, tuple[int, int]] = {"full": (30, 6), "quick": (6, 1)}

# A problem that is solved has no loss, whose logarithm would be infinite.
LEAST_LOSS = 1e-4


def sides(folder: Path, size: Size) -> list[Side]:
    """Give each method the same budget."""
    fits, seeds = BUDGETS[size]
    program = str(environments.PROGRAMS / "search_scores.py")
    variables = {
        "PYTHONPATH": environments.EVERYTHING,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return [
        Side(name, (sys.executable, program, method, str(fits), str(seeds), size), variables)
        for name, method in {OURS: "ours", **PEERS}.items()
    ]


def ratios(results: Results) -> list[Ratio]:
    """Return our loss over that of each peer, one value for each seed."""
    ours = losses(_scores(results, OURS))
    found = []
    for peer in PEERS:
        pairs = zip(ours, losses(_scores(results, peer)), strict=True)
        found.append(Ratio(f"loss: {OURS} / {peer}", tuple(a / b for a, b in pairs), 1.0))
    return found


def losses(scores: Mapping[str, list[float]]) -> list[float]:
    """Return the geometric mean of 1 - score over all problems, for each seed.

    Parameters
    ----------
    scores
        Of each problem, one for each seed.
    """
    return [
        geometric_mean(max(1 - score, LEAST_LOSS) for score in of_one_seed)
        for of_one_seed in zip(*scores.values(), strict=True)
    ]


def _scores(results: Results, side: str) -> Mapping[str, list[float]]:
    scores: Mapping[str, list[float]] = results.runs[side][0].reported["scores"]
    return scores


BENCHMARK = Benchmark(
    name="search",
    question="What score does a search reach with the same budget of fits, on six real problems?",
    sides=sides,
    ratios=ratios,
    rounds=0,
    minutes=4,
)
