"""How good the shipped model is, on rows kept aside, against FLAML, AutoGluon and plain defaults.

FLAML and AutoGluon get the seconds that our run took from drop to report, on the same machine. A
loss is the log loss or the root mean squared error on the rows of an outer split that no side has
seen.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import geometric_mean

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size
from benchmarks.quality_tables import TABLES, split
from tunedrop_common.shown_numbers import number

OURS, WITHOUT = "Tunedrop", "Tunedrop, ensemble off"
# Each with the most that our loss may be of its loss, in the geometric mean.
PEERS = {
    "boosting defaults": 1.0,
    "linear defaults": 1.0,
    "FLAML": 1.0,
    "AutoGluon, medium quality": 1.03,
}
# Tables, and training jobs of each estimator.
SIZES: dict[Size, tuple[Sequence[str], int]] = {
    "full": (tuple(TABLES), 15),
    "quick": (("concrete",), 10),
}
MOST_SPLITS = 5
LEAST_LOSS = 1e-4
_DRAWS = 2_000


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the splits, and return a side for each method and table: ours before its peers."""
    names, jobs = SIZES[size]
    found = []
    for name in names:
        frame = TABLES[name].load()
        for each in range(1, MOST_SPLITS + 1):
            place = folder / f"{name}-{each}"
            place.mkdir()
            train, test = split(TABLES[name], frame, each)
            train.to_csv(place / "train.csv", index=False)
            test.to_csv(place / "test.csv", index=False)
        found += _sides_of(folder, name, jobs)
    return found


def _sides_of(folder: Path, name: str, jobs: int) -> list[Side]:
    table = TABLES[name]
    ours, peer = (
        str(environments.PROGRAMS / file) for file in ("quality_ours.py", "quality_peer.py")
    )
    about = (str(folder / name), table.target, table.loss)
    variables = {"PYTHONPATH": environments.EVERYTHING}
    python = environments.peers_python()
    found = [
        Side(
            label(method, name),
            (sys.executable, ours, str(folder / "local-aws"), *about, str(jobs), ensemble),
            variables,
        )
        for method, ensemble in ((OURS, "auto"), (WITHOUT, "off"))
    ]
    return found + [Side(label(method, name), (python, peer, method, *about)) for method in PEERS]


def label(method: str, table: str) -> str:
    """Return the name of a side."""
    return f"{method}: {table}"


def ratios(results: Results) -> list[Ratio]:
    """Return our loss over each other's, one value a table: the geometric mean of its splits."""
    found = losses(results)
    return [
        Ratio(
            other,
            tuple(float(np.exp(logs.mean())) for logs in _logs(found, other)),
            PEERS.get(other),
        )
        for other in found
        if other != OURS
    ]


def losses(results: Results) -> dict[str, dict[str, list[float]]]:
    """Return the losses of each method on each table, split by split."""
    found: dict[str, dict[str, list[float]]] = {}
    for side in results.runs:
        method, _, table = side.partition(": ")
        values = [max(value, LEAST_LOSS) for value in results.values(side, "loss")]
        found.setdefault(method, {})[table] = values
    return found


def summary(results: Results) -> list[list[tuple[str, ...]]]:
    """Return two tables: over all splits, and each method's loss, table by table."""
    found = losses(results)
    values = np.array([np.concatenate(list(each.values())) for each in found.values()])
    ranks = dict(zip(found, rankdata(values, axis=0).mean(axis=1), strict=True))
    rows: list[tuple[str, ...]] = [
        ("method", "mean rank", "our loss / its loss", "95 %", "we are better on", "goal", "met"),
        (OURS, f"{ranks[OURS]:.2f}", "", "", "", "", ""),
    ]
    for ratio in ratios(results):
        mean = geometric_mean(ratio.values)
        low, high = interval(_logs(found, ratio.what))
        better = sum(value < 1 for value in ratio.values)
        rows.append(
            (
                ratio.what,
                f"{ranks[ratio.what]:.2f}",
                f"{mean:.3f}",
                f"{low:.3f} to {high:.3f}",
                f"{better} of {len(ratio.values)} tables",
                "" if ratio.goal is None else f"{ratio.goal:g}",
                "" if ratio.goal is None else ("yes" if mean <= ratio.goal else "no"),
            )
        )
    return [rows, _by_table(found)]


def _by_table(found: Mapping[str, Mapping[str, Sequence[float]]]) -> list[tuple[str, ...]]:
    """Return the mean loss of each method on each table."""
    rows = [("table", *found)]
    rows += [
        (table, *(number(float(np.mean(found[method][table]))) for method in found))
        for table in found[OURS]
    ]
    return rows


def _logs(
    found: Mapping[str, Mapping[str, Sequence[float]]], other: str
) -> list[npt.NDArray[np.float64]]:
    """Return the logarithms of our loss over another's, of each table's splits."""
    return [
        np.log(np.asarray(ours) / np.asarray(found[other][table]))
        for table, ours in found[OURS].items()
    ]


def interval(logs: Sequence[npt.NDArray[np.float64]]) -> tuple[float, float]:
    """Return the 95 % interval of the geometric mean: tables drawn again, and splits in them.

    Splits of one table are alike, so that tables are what there is a sample of.
    """
    draw = np.random.default_rng(0)
    means = [
        np.mean([draw.choice(logs[i], len(logs[i])).mean() for i in chosen])
        for chosen in draw.integers(0, len(logs), (_DRAWS, len(logs)))
    ]
    low, high = np.exp(np.quantile(means, [0.025, 0.975]))
    return float(low), float(high)


BENCHMARK = Benchmark(
    name="quality",
    question="How good is the shipped model, against FLAML, AutoGluon and defaults?",
    sides=sides,
    ratios=ratios,
    rounds=MOST_SPLITS,
    minutes=400,
    summary=summary,
    rounds_differ=True,
)
