"""Runs real tables one after the other: `python -m tests.real_tables --help`."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections import Counter

from tests.support.real_tables.runs import Outcome, run_table
from tests.support.real_tables.sources import load, names
from tests.support.real_tables.writing import write
from tests.support.training.forks import ForkServer

_PARTICULAR = re.compile(r"'[^']*'|\d+")


def main() -> int:
    """Print how each table ended, and count the endings."""
    parser = argparse.ArgumentParser(prog="python -m tests.real_tables", description=__doc__)
    parser.add_argument("tables", nargs="*", help="names; all tables when there are none")
    parser.add_argument("--step", type=int, default=1, help="the distance to the next table")
    parser.add_argument("--only-plan", action="store_true", help="end after PlanRun")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    server = None if options.only_plan else ForkServer()
    endings: Counter[str] = Counter()
    for name in options.tables or names()[:: options.step]:
        outcome = run(name, server)
        print(f"{name}\t{outcome.ending}\t{outcome.message or outcome.sentence}", flush=True)
        endings[_what(outcome)] += 1
    if server is not None:
        server.stop()
    for ending, count in endings.most_common():
        print(f"{count}\t{ending}")
    return 0


def run(name: str, server: ForkServer | None) -> Outcome:
    """Load a table, write it as its name decides, and run it."""
    return run_table(Outcome(name), write(name, load(name)), server)


def _what(outcome: Outcome) -> str:
    """Return how a run ended, without what is particular to the table."""
    if not outcome.message:
        return f"{outcome.ending} {outcome.verdict}".strip()
    sentence = outcome.message.partition(". ")[0].partition(" (")[0]
    return f"{outcome.ending}: {_PARTICULAR.sub('...', sentence)}"


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main())
