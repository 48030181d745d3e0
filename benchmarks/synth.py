"""`cdk synth` of the stack, against that of an empty stack whose app imports the same modules."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size

GOAL = 1.3
OURS, PEER = "the stack", "an empty stack"
PROGRAMS = {OURS: environments.ROOT / "app.py", PEER: environments.PROGRAMS / "empty_stack.py"}


def sides(folder: Path, size: Size) -> list[Side]:
    """Synthesize both by the CDK's command line; the assets are built in the first round."""
    cdk = str(environments.ROOT / "node_modules/.bin/cdk")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return [
        Side(
            name,
            (
                cdk,
                "synth",
                "--quiet",
                "--app",
                f"{sys.executable} {program}",
                "-o",
                str(folder / name),
            ),
            {"PATH": path, "PYTHONPATH": str(environments.ROOT)},
        )
        for name, program in PROGRAMS.items()
    ]


def ratios(results: Results) -> list[Ratio]:
    """Return our time and CPU time over the empty stack's."""
    return [
        results.ratio(OURS, PEER, GOAL),
        results.ratio(OURS, PEER, what="cpu_seconds"),
    ]


BENCHMARK = Benchmark(
    name="synth",
    question="Synthesizing the stack, where nothing has changed since the last time",
    sides=sides,
    ratios=ratios,
    rounds=5,
    minutes=2,
)
