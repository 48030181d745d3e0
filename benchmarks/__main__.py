"""`python -m benchmarks`: runs benchmarks, shows their ratios, and writes docs/performance.md."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import environments, reporting
from benchmarks.harness import Benchmark, BenchmarkFailed, Results, Size, measure

NAMES = ("start_up", "reading", "cross_validation", "report", "search", "whole_run", "busy_answers")
PAGE = environments.ROOT / "docs" / "performance.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n".join(["the benchmarks, on two quiet vCPUs:", *map(_line, NAMES)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which of them (default: all)")
    parser.add_argument("--rounds", type=int, help="measured rounds; one more warms up")
    parser.add_argument("--quick", action="store_true", help="tiny data, one round: does it work?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run as JSON")
    parser.add_argument("--write", action="store_true", help=f"put the results into {PAGE.name}")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]!r}; there are {', '.join(NAMES)}")
    console = Console()
    measured: dict[str, tuple[Benchmark, Results]] = {}
    for name in options.names or NAMES:
        benchmark = load(name)
        try:
            results = run(benchmark, "quick" if options.quick else "full", options.rounds, console)
        except BenchmarkFailed as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
        measured[name] = benchmark, results
        reporting.show(benchmark, results, console)
        if options.write:
            reporting.write_section(PAGE, benchmark, results)
    if options.json:
        options.json.write_text(reporting.as_json(measured))
    return 0


def _line(name: str) -> str:
    benchmark = load(name)
    return f"  {name:<18}{benchmark.minutes:3.0f} min  {benchmark.question}"


def load(name: str) -> Benchmark:
    """Return the benchmark of that name."""
    found: Benchmark = importlib.import_module(f"benchmarks.{name}").BENCHMARK
    return found


def run(benchmark: Benchmark, size: Size, rounds: int | None, console: Console) -> Results:
    """Make the data, measure all sides under a progress bar."""
    count = rounds if rounds is not None else 1 if size == "quick" else benchmark.rounds
    # Not in memory, where /tmp may be: the data is as large as what is measured.
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=environments.scratch()) as folder:
        with console.status(f"{benchmark.name}: making the data"):
            sides = benchmark.sides(Path(folder), size)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task(benchmark.name, total=len(sides) * (count + 1))

            def advance(side: str) -> None:
                progress.update(bar, advance=1, description=f"{benchmark.name}: {side}")

            return measure(benchmark, sides, count, advance)


if __name__ == "__main__":
    sys.exit(main())
