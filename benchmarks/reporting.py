"""Shows results as a table at the terminal, as rows of docs/performance.md, and as JSON."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

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


def show(benchmark: Benchmark, results: Results, console: Console) -> None:
    """Print the sides and the ratios."""
    table = Table(title=benchmark.question, title_justify="left")
    for name in ("side", "time", "spread", "CPU time", "peak memory"):
        table.add_column(name, justify="left" if name == "side" else "right")
    for row in side_rows(results):
        table.add_row(*row)
    console.print(table)
    if benchmark.details:
        header, *rows = benchmark.details(results)
        more = Table(*header)
        for row in rows:
            more.add_row(*row)
        console.print(more)
    for ratio in benchmark.ratios(results):
        console.print(f"  {ratio_line(ratio)}")


def side_rows(results: Results) -> list[tuple[str, ...]]:
    """Return each side's medians, and the shortest and the longest run."""
    rows: list[tuple[str, ...]] = []
    for side in results.runs:
        seconds = results.values(side)
        rows.append(
            (
                side,
                f"{results.median(side):.3f} s",
                f"{min(seconds):.3f} to {max(seconds):.3f}",
                f"{results.median(side, 'cpu_seconds'):.2f} s",
                f"{results.median(side, 'peak_bytes') / MB:.0f} MB",
            )
        )
    return rows


def ratio_line(ratio: Ratio) -> str:
    """Return a ratio in words: its median, its spread, its goal."""
    low, high = min(ratio.values), max(ratio.values)
    text = f"{ratio.what}: {ratio.median:.2f} ({low:.2f} to {high:.2f})"
    if ratio.goal is None:
        return text
    return f"{text}, goal at most {ratio.goal:g}: {'met' if ratio.met else 'not met'}"


def write_section(page: Path, benchmark: Benchmark, results: Results) -> None:
    """Replace a benchmark's part of the page, between its two comments."""
    start, end = f"<!-- {benchmark.name} -->", f"<!-- end of {benchmark.name} -->"
    text = page.read_text("utf-8")
    if start not in text or end not in text:
        raise ValueError(f"{page} has no place for {benchmark.name}: {start} and {end}")
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{start}\n{section(benchmark, results)}{end}{after}", "utf-8")


def section(benchmark: Benchmark, results: Results) -> str:
    """Return the results as Markdown."""
    rounds = len(next(iter(results.runs.values())))
    lines = [
        f"{'One round' if rounds == 1 else f'Medians of {rounds} rounds'} on {machine()}.",
        "",
        "| side | time | shortest to longest | CPU time | peak memory |",
        "|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in side_rows(results)),
        "",
        "| ratio | median | lowest to highest | goal | met |",
        "|---|---|---|---|---|",
        *map(_ratio_row, benchmark.ratios(results)),
        "",
    ]
    if benchmark.details:
        header, *rows = benchmark.details(results)
        rule = ("---",) * len(header)
        lines += ["| " + " | ".join(row) + " |" for row in (header, rule, *rows)] + [""]
    return "\n".join(lines)


def _ratio_row(ratio: Ratio) -> str:
    met = {None: "", True: "yes", False: "no"}[ratio.met]
    goal = "" if ratio.goal is None else f"{ratio.goal:g}"
    spread = f"{min(ratio.values):.2f} to {max(ratio.values):.2f}"
    cells = [ratio.what, f"{ratio.median:.2f}", spread, goal, met]
    return ("| " + " | ".join(cells) + " |").replace("|  |", "| |")


def as_json(measured: Mapping[str, tuple[Benchmark, Results]]) -> str:
    """Return every run and every ratio."""
    content: dict[str, Any] = {"machine": machine(), "benchmarks": {}}
    for name, (benchmark, results) in measured.items():
        content["benchmarks"][name] = {
            "question": benchmark.question,
            "runs": {
                side: [dataclasses.asdict(run) for run in runs]
                for side, runs in results.runs.items()
            },
            "ratios": [
                {**dataclasses.asdict(ratio), "median": ratio.median, "met": ratio.met}
                for ratio in benchmark.ratios(results)
            ],
        }
    return json.dumps(content, indent=1) + "\n"
