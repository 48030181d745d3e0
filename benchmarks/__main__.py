"""`python -m benchmarks`: runs benchmarks, and shows their ratios as Markdown."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from benchmarks import burst, page, predicting, quality, reading, report, start_up, whole_run
from benchmarks.harness import CACHE, BenchmarkFailed, measure_sides, subject

BENCHMARKS: Mapping[str, ModuleType] = {
    "start_up": start_up,
    "reading": reading,
    "predicting": predicting,
    "report": report,
    "whole_run": whole_run,
    "burst": burst,
    "quality": quality,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that the command line names."""
    lines = [f"  {name:<12}{subject(benchmark)}" for name, benchmark in BENCHMARKS.items()]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n".join(["the benchmarks:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", choices=BENCHMARKS, help="default: all but quality"
    )
    parser.add_argument("--rounds", type=int, help="measured rounds; one more warms up")
    parser.add_argument("--quick", action="store_true", help="tiny data: does it work?")
    options = parser.parse_args(arguments)
    # Not in memory, where /tmp may be: the data is as large as what is measured.
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in options.names or [name for name in BENCHMARKS if name != "quality"]:
        benchmark = BENCHMARKS[name]
        rounds = benchmark.ROUNDS if options.rounds is None else options.rounds
        with tempfile.TemporaryDirectory(prefix="data-", dir=CACHE) as folder:
            try:
                sides = benchmark.sides(Path(folder), "quick" if options.quick else "full")
                results = measure_sides(sides, rounds, lambda line: print(line, file=sys.stderr))
            except BenchmarkFailed as error:
                print(f"{name}: {error}", file=sys.stderr)
                return 1
        print(f"{subject(benchmark)}\n\n{page.format_results(benchmark, results)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
