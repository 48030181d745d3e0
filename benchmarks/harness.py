"""Measures sides in interleaved rounds, each in a fresh process, and forms ratios round by round.

A side's program may print a JSON object of numbers in one line; the last one counts. Its `seconds`
replace the time from start to exit (to leave imports out, say), and every other key is kept:
`score`, for example, lets `Results.check_agreement` show that both sides did the same work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Literal

import numpy as np
import numpy.typing as npt

Size = Literal["full", "quick"]
# `seconds`, `wall_seconds`, `cpu_seconds`, `peak_bytes` of the process or its largest child, and
# what its program reported.
Run = Mapping[str, float]

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(__file__).parent / "programs"
CACHE = ROOT / ".cache" / "benchmarks"
_FOLDERS = (ROOT, *(ROOT / name for name in ("lambda", "training_container", "common")))
# The round that warms up writes the bytecode, which the image has of all modules.
_VARIABLES = {"PYTHONPATH": os.pathsep.join(map(str, _FOLDERS)), "PYTHONDONTWRITEBYTECODE": ""}


class BenchmarkFailed(Exception):
    """A side did not do its work, or two sides did not do the same."""


@dataclass(frozen=True)
class Side:
    """One way of doing the work; `collect` adds to what its program reported."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    collect: Callable[[], Mapping[str, float]] = dict


@dataclass(frozen=True)
class Ratio:
    """A ratio in every round, and what its median should be at most."""

    label: str
    values: npt.NDArray[np.float64]
    goal: float | None = None

    def judge(self, value: float) -> tuple[str, str]:
        """Return the goal, and whether a value meets it, for a table."""
        if self.goal is None:
            return "", ""
        return f"{self.goal:g}", "yes" if value <= self.goal else "no"


@dataclass(frozen=True)
class Results:
    """The runs of each side, in the order of the rounds."""

    runs: Mapping[str, Sequence[Run]]

    def values(self, side: str, measure: str = "seconds") -> npt.NDArray[np.float64]:
        """Return a side's numbers, one a round, as an array."""
        return np.array([run[measure] for run in self.runs[side]])

    def ratio(
        self, side: str, peer: str, goal: float | None = None, measure: str = "seconds"
    ) -> Ratio:
        """Return the side's numbers over the peer's, round by round."""
        label = "CPU time" if measure == "cpu_seconds" else "time"
        values = self.values(side, measure) / self.values(peer, measure)
        return Ratio(f"{label}: {side} / {peer}", values, goal)

    def check_agreement(self, measure: str, *sides: str, tolerance: float = 1e-9) -> None:
        """Raise BenchmarkFailed unless every run of these sides reported the same number."""
        reported = {side: self.values(side, measure) for side in sides or self.runs}
        values = np.concatenate([*reported.values()])
        if not np.allclose(values, values[0], rtol=tolerance, atol=tolerance):
            raise BenchmarkFailed(f"The sides do not do the same work: {measure} is {reported}.")


def subject(benchmark: ModuleType) -> str:
    """Return what a benchmark measures."""
    return (benchmark.__doc__ or "").partition("\n")[0]


def measure_sides(
    sides: Sequence[Side], rounds: int, show: Callable[[str], None] = lambda _: None
) -> Results:
    """Run all sides in turn, `rounds` times after one round to warm up, every other one backwards.

    `show` gets a line about what is running.
    """
    runs: dict[str, list[Run]] = {side.name: [] for side in sides}
    for number in range(rounds + 1):
        for side in sides if number % 2 == 0 else reversed(sides):
            show(f"{side.name}: " + (f"round {number} of {rounds}" if number else "warming up"))
            run = _run(side)
            if number > 0 or rounds == 0:
                runs[side.name].append(run)
    return Results(runs)


def _run(side: Side) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        usage, output = Path(folder, "usage"), Path(folder, "output")
        with output.open("wb") as file:
            subprocess.run(  # noqa: S603 - programs of this repository
                [sys.executable, "-S", str(PROGRAMS / "launch.py"), str(usage), *side.command],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **_VARIABLES, **side.environment},
                check=True,
            )
        used: dict[str, float] = json.loads(usage.read_text())
        printed = output.read_text(errors="replace")
    if used.pop("code") != 0:
        raise BenchmarkFailed(f"{side.name} failed.\n{printed}")
    lines = [line for line in printed.splitlines() if line.startswith('{"') and line[-1] == "}"]
    reported = json.loads(lines[-1]) if lines else {}
    return {"seconds": used["wall_seconds"], **used, **reported, **side.collect()}
