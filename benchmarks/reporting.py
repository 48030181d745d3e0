"""Writes results as Markdown: for the terminal, and for docs/performance.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import Benchmark, Ratio, Results

MB = 1_000_000


def machine() -> str:
    """Return one line on what the numbers were measured on."""
    model = "an unknown processor"
    information = Path("/proc/cpuinfo")
    if information.is_file():
        found = re.search(r"^model name\s*: (.+)$", information.read_text(), re.MULTILINE)
        model = found[1] if found else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} vCPUs ({model}), {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def section(benchmark: Benchmark, results: Results) -> str:
    """Return the results as Markdown."""
    rounds = len(next(iter(results.runs.values())))
    tables = _tables(benchmark, results) if not benchmark.summary else benchmark.summary(results)
    several = f"{rounds} splits" if benchmark.rounds_differ else f"Medians of {rounds} rounds"
    one = "One split" if benchmark.rounds_differ else "One round"
    title = f"{one if rounds == 1 else several} on {machine()}."
    return "\n\n".join([title, *map(_table, tables)]) + "\n"


def _tables(benchmark: Benchmark, results: Results) -> list[list[tuple[str, ...]]]:
    return [
        [("side", "time", "CPU time", "peak memory"), *_sides(results)],
        [
            ("ratio", "median", "lowest to highest", "goal", "met"),
            *map(_ratio, benchmark.ratios(results)),
        ],
    ]


def write_section(page: Path, name: str, text: str) -> None:
    """Replace a benchmark's part of the page, between its two comments."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    content = page.read_text("utf-8")
    if start not in content or end not in content:
        raise ValueError(f"{page} has no place for {name}: {start} and {end}")
    before, _, rest = content.partition(start)
    page.write_text(f"{before}{start}\n{text}{end}{rest.partition(end)[2]}", "utf-8")


def _sides(results: Results) -> list[tuple[str, ...]]:
    return [
        (
            side,
            f"{results.median(side):.3f} s",
            f"{results.median(side, 'cpu_seconds'):.2f} s",
            f"{results.median(side, 'peak_bytes') / MB:.0f} MB",
        )
        for side in results.runs
    ]


def _ratio(ratio: Ratio) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "no"}[ratio.met]
    goal = "" if ratio.goal is None else f"{ratio.goal:g}"
    spread = f"{min(ratio.values):.2f} to {max(ratio.values):.2f}"
    return (ratio.what, f"{ratio.median:.2f}", spread, goal, met)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    header, *others = rows
    lines = (header, ("---",) * len(header), *others)
    return "\n".join(f"|{'|'.join(line)}|" for line in lines)
