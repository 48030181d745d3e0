"""Measures sides in interleaved rounds, each in a fresh process, and forms ratios round by round.

To add a benchmark, write a module with `BENCHMARK = Benchmark(...)` and name it in `__main__`:

    def sides(folder: Path, size: Size) -> list[Side]:
        path = make_data(folder, size)
        return [Side("ours", (PYTHON, "ours.py", str(path))),
                Side("peer", (PYTHON, "peer.py", str(path)))]

    def ratios(results: Results) -> list[Ratio]:
        return [results.against_fastest("ours", ["peer"], goal=1.1)]

A side's program may print a JSON object in one line; the last one counts. Its `seconds` replace the
time from start to exit (to leave imports out, say), and every other key is kept: `score`, for
example, lets `Results.agree` show that both sides did the same work. Peak memory is the process's
own largest resident set, or that of its largest child.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Size = Literal["full", "quick"]

_LAUNCH = Path(__file__).parent / "programs" / "launch.py"


class BenchmarkFailed(Exception):
    """A side did not do its work, or two sides did not do the same."""


@dataclass(frozen=True)
class Side:
    """One way of doing the work.

    `prepare` is called before each run: it can remove what the run before has left. `collect`
    is called after it, and adds to what the program reported.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    prepare: Callable[[], None] | None = None
    collect: Callable[[], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Run:
    """What one process took; `reported` is what it printed and left."""

    seconds: float
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    reported: Mapping[str, Any]


@dataclass(frozen=True)
class Ratio:
    """A ratio in every round, and what it should be at most."""

    what: str
    values: tuple[float, ...]
    goal: float | None

    @property
    def median(self) -> float:
        """The ratio of the middle round."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None when there is none."""
        return None if self.goal is None else self.median <= self.goal


@dataclass(frozen=True)
class Results:
    """The runs of each side, in the order of the rounds."""

    runs: Mapping[str, Sequence[Run]]

    def values(self, side: str, what: str = "seconds") -> list[float]:
        """Return a side's numbers: an attribute of `Run`, or else what the side reported."""
        return [
            float(getattr(run, what) if hasattr(run, what) else run.reported[what])
            for run in self.runs[side]
        ]

    def median(self, side: str, what: str = "seconds") -> float:
        """Return a side's median."""
        return statistics.median(self.values(side, what))

    def fastest(self, sides: Iterable[str], what: str = "seconds") -> str:
        """Return the side with the smallest median, of those that were run."""
        return min((s for s in sides if s in self.runs), key=lambda side: self.median(side, what))

    def against_fastest(
        self, ours: str, peers: Sequence[str], *, goal: float | None, what: str = "seconds"
    ) -> Ratio:
        """Return ours / the fastest peer's, round by round."""
        peer = self.fastest(peers, what)
        pairs = zip(self.values(ours, what), self.values(peer, what), strict=True)
        names = {"seconds": "time", "cpu_seconds": "CPU time", "page_bytes": "page"}
        label = names.get(what, what)
        return Ratio(f"{label}: {ours} / {peer}", tuple(a / b for a, b in pairs), goal)

    def agree(self, what: str, tolerance: float = 1e-9) -> None:
        """Fail unless every run of every side reported the same number."""
        found = [
            (side, float(run.reported[what]))
            for side, runs in self.runs.items()
            for run in runs
            if what in run.reported
        ]
        first, expected = found[0]
        for side, value in found[1:]:
            if abs(value - expected) > tolerance * max(1.0, abs(value)):
                raise BenchmarkFailed(
                    f"{side} has {what} {value!r}, and {first} has {expected!r}: the sides do not "
                    "do the same work."
                )


@dataclass(frozen=True)
class Benchmark:
    """A question about speed, who is compared, and what the answer should be.

    `details` is one more table, header first, of what times and ratios don't tell. `minutes` is
    about how long it takes on two quiet vCPUs, with its `rounds` and one to warm up (but for 0).
    """

    name: str
    question: str
    sides: Callable[[Path, Size], list[Side]]
    ratios: Callable[[Results], list[Ratio]]
    rounds: int = 7
    details: Callable[[Results], list[tuple[str, ...]]] | None = None
    minutes: float = 1


def measure(
    benchmark: Benchmark,
    sides: Sequence[Side],
    rounds: int,
    advance: Callable[[str], None] = lambda _: None,
) -> Results:
    """Run all sides in turn, `rounds` times after one round to warm up, every other one backwards.

    Parameters
    ----------
    advance
        Is told the name of each side before it runs, for a progress bar.
    """
    runs: dict[str, list[Run]] = {side.name: [] for side in sides}
    for number in range(rounds + 1):
        for side in sides if number % 2 == 0 else reversed(sides):
            advance(side.name)
            run = _run(side)
            if number > 0 or rounds == 0:
                runs[side.name].append(run)
    return Results(runs)


def _run(side: Side) -> Run:
    if side.prepare:
        side.prepare()
    with tempfile.TemporaryDirectory() as folder:
        usage, output = Path(folder, "usage"), Path(folder, "output")
        with output.open("wb") as file:
            subprocess.run(  # noqa: S603 - programs of this repository
                [sys.executable, "-S", str(_LAUNCH), str(usage), *side.command],
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=side.folder,
                env={**os.environ, **side.environment},
                check=True,
            )
        used: dict[str, Any] = json.loads(usage.read_text())
        printed = output.read_text(errors="replace")
    if used["code"] != 0:
        raise BenchmarkFailed(f"{side.name} ended with exit code {used['code']}.\n{printed}")
    reported = {**_last_json(printed), **(side.collect() if side.collect else {})}
    return Run(
        seconds=float(reported.get("seconds", used["wall_seconds"])),
        wall_seconds=used["wall_seconds"],
        cpu_seconds=used["cpu_seconds"],
        peak_bytes=used["peak_bytes"],
        reported=reported,
    )


def _last_json(printed: str) -> dict[str, Any]:
    lines = [line for line in printed.splitlines() if line.startswith('{"') and line[-1] == "}"]
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return found
