"""Measures sides in interleaved rounds, each in a fresh process, and forms ratios round by round.

A benchmark is a module with `BENCHMARK = Benchmark(...)`, named in `__main__`. A side's program may
print a JSON object in one line; the last one counts. Its `seconds` replace the time from start to
exit (to leave imports out, say), and every other key is kept: `score`, for example, lets
`Results.agree` show that both sides did the same work.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Size = Literal["full", "quick"]

_LAUNCH = Path(__file__).parent / "programs" / "launch.py"


class BenchmarkFailed(Exception):
    """A side did not do its work, or two sides did not do the same."""


@dataclass(frozen=True)
class Side:
    """One way of doing the work; `collect` adds to what its program reported."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    collect: Callable[[], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Run:
    """What one process took; `peak_bytes` is its own or its largest child's resident set."""

    seconds: float
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    reported: Mapping[str, Any]


@dataclass(frozen=True)
class Ratio:
    """A ratio in every round, and what its median should be at most."""

    what: str
    values: tuple[float, ...]
    goal: float | None = None

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

    def ratio(
        self, ours: str, peer: str, goal: float | None = None, what: str = "seconds"
    ) -> Ratio:
        """Return ours / the peer's, round by round."""
        pairs = zip(self.values(ours, what), self.values(peer, what), strict=True)
        label = {"cpu_seconds": "CPU time", "page_bytes": "page"}.get(what, "time")
        return Ratio(f"{label}: {ours} / {peer}", tuple(a / b for a, b in pairs), goal)

    def agree(self, what: str, *sides: str, tolerance: float = 1e-9) -> None:
        """Raise BenchmarkFailed unless every run of these sides reported the same number."""
        found = [
            (side, float(run.reported[what]))
            for side in sides or self.runs
            for run in self.runs[side]
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

    `minutes` is about how long it takes on two quiet vCPUs, with its `rounds` and one to warm up.
    `summary` has tables to show in place of the sides and the ratios. Where `rounds_differ`, each
    round is about other data, which a side finds by the environment variable ROUND: none warms up,
    and sides keep their order.
    """

    name: str
    question: str
    sides: Callable[[Path, Size], list[Side]]
    ratios: Callable[[Results], list[Ratio]]
    rounds: int = 7
    minutes: float = 1
    summary: Callable[[Results], Sequence[Sequence[tuple[str, ...]]]] | None = None
    rounds_differ: bool = False


def measure(
    sides: Sequence[Side],
    rounds: int,
    show: Callable[[str], None] = lambda _: None,
    *,
    rounds_differ: bool = False,
) -> Results:
    """Run all sides in turn, `rounds` times after one round to warm up, every other one backwards.

    Parameters
    ----------
    show
        Gets a line about what is running.
    rounds_differ
        No round warms up, and none is backwards.
    """
    runs: dict[str, list[Run]] = {side.name: [] for side in sides}
    for number in range(1 if rounds_differ else 0, rounds + 1):
        for side in sides if number % 2 == 0 or rounds_differ else reversed(sides):
            show(f"{side.name}: " + (f"round {number} of {rounds}" if number else "warming up"))
            run = _run(side, number)
            if number > 0 or rounds == 0:
                runs[side.name].append(run)
    return Results(runs)


def _run(side: Side, number: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        usage, output = Path(folder, "usage"), Path(folder, "output")
        with output.open("wb") as file:
            subprocess.run(  # noqa: S603 - programs of this repository
                [sys.executable, "-S", str(_LAUNCH), str(usage), *side.command],
                stdout=file,
                stderr=subprocess.STDOUT,
                # The round that warms up writes the bytecode, which the image has of all modules.
                env={
                    **os.environ,
                    "PYTHONDONTWRITEBYTECODE": "",
                    "ROUND": str(number),
                    **side.environment,
                },
                check=True,
            )
        used: dict[str, Any] = json.loads(usage.read_text())
        printed = output.read_text(errors="replace")
    if used.pop("code") != 0:
        raise BenchmarkFailed(f"{side.name} failed.\n{printed}")
    lines = [line for line in printed.splitlines() if line.startswith('{"') and line[-1] == "}"]
    reported = json.loads(lines[-1]) if lines else {}
    reported.update(side.collect() if side.collect else {})
    return Run(seconds=reported.get("seconds", used["wall_seconds"]), reported=reported, **used)
