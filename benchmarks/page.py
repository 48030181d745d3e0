"""Results as Markdown, as docs/performance.md has them."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from types import ModuleType

import numpy as np

from benchmarks.harness import Ratio, Results


def format_results(benchmark: ModuleType, results: Results) -> str:
    """Return the results as Markdown."""
    rounds = len(next(iter(results.runs.values())))
    summary = getattr(benchmark, "summary", None)
    tables = summary(results) if summary else _tables(benchmark, results)
    title = "One round" if rounds == 1 else f"Medians of {rounds} rounds"
    return "\n\n".join([f"{title} on {_machine()}.", *map(_table, tables)]) + "\n"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} vCPUs ({platform.machine()}), {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def _tables(benchmark: ModuleType, results: Results) -> list[list[tuple[str, ...]]]:
    medians = [
        (
            side,
            f"{np.median(results.values(side)):.3f} s",
            f"{np.median(results.values(side, 'cpu_seconds')):.2f} s",
            f"{np.median(results.values(side, 'peak_bytes')) / 1e6:.0f} MB",
        )
        for side in results.runs
    ]
    return [
        [("side", "time", "CPU time", "peak memory"), *medians],
        [
            ("ratio", "median", "lowest to highest", "goal", "met"),
            *map(_ratio, benchmark.ratios(results)),
        ],
    ]


def _ratio(ratio: Ratio) -> tuple[str, ...]:
    spread = f"{min(ratio.values):.2f} to {max(ratio.values):.2f}"
    median = float(np.median(ratio.values))
    return (ratio.label, f"{median:.2f}", spread, *ratio.judge(median))


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    header, *body = rows
    lines = (header, ("---",) * len(header), *body)
    return "\n".join(f"|{'|'.join(line)}|" for line in lines)
