"""`python -m benchmarks`: runs benchmarks, shows their ratios, and writes docs/performance.md."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import environments, reporting
from benchmarks.harness import Benchmark, BenchmarkFailed, Size, measure

NAMES = (
    "start_up", "reading", "cross_validation", "report", "search", "synth", "whole_run", "burst",
    "quality",
)  # fmt: skip
# A table of models takes a night, which nobody expects of a bare command.
_LONG_MINUTES = 60
_DEFAULT = "(default: all that take less than an hour)"
PAGE = environments.ROOT / "docs" / "performance.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n".join(["the benchmarks, on two quiet vCPUs:", *map(_line, NAMES)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of them {_DEFAULT}")
    parser.add_argument(
        "--rounds", type=int, help="measured rounds; one more warms up, but for quality"
    )
    parser.add_argument("--quick", action="store_true", help="tiny data, one round: does it work?")
    parser.add_argument("--write", action="store_true", help=f"put the results into {PAGE.name}")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]!r}; there are {', '.join(NAMES)}")
    console = Console()
    short = [name for name in NAMES if load(name).minutes < _LONG_MINUTES]
    for benchmark in map(load, options.names or short):
        rounds = 1 if options.quick else benchmark.rounds
        size: Size = "quick" if options.quick else "full"
        # Not in memory, where /tmp may be: the data is as large as what is measured.
        with tempfile.TemporaryDirectory(prefix="benchmark-", dir=environments.scratch()) as folder:
            try:
                with console.status(f"{benchmark.name}: making the data") as status:
                    sides = benchmark.sides(Path(folder), size)
                    rounds = rounds if options.rounds is None else options.rounds
                    results = measure(
                        sides, rounds, status.update, rounds_differ=benchmark.rounds_differ
                    )
            except BenchmarkFailed as error:
                print(f"{benchmark.name}: {error}", file=sys.stderr)
                return 1
        section = reporting.section(benchmark, results)
        console.print(f"{benchmark.question}\n\n{section}", markup=False, highlight=False)
        if options.write:
            reporting.write_section(PAGE, benchmark.name, section)
    return 0


def _line(name: str) -> str:
    benchmark = load(name)
    return f"  {name:<18}{benchmark.minutes:3.0f} min  {benchmark.question}"


def load(name: str) -> Benchmark:
    """Return the benchmark of that name."""
    found: Benchmark = importlib.import_module(f"benchmarks.{name}").BENCHMARK
    return found


if __name__ == "__main__":
    sys.exit(main())
