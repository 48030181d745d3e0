"""How soon the local SageMaker answers while as many jobs run as the quotas allow.

One tuning job of 750 training jobs is in its last tenth, and 50 further tuning jobs run beside it.
Times are a client's: boto3, HTTP, and reading the answer are in them.
"""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import environments
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size

OURS = "local SageMaker"
# Training jobs, tuning jobs, answers of each kind.
SIZES: dict[Size, tuple[int, int, int]] = {"full": (750, 50, 100), "quick": (60, 4, 3)}
# Milliseconds, by the beginning of the question's name.
GOALS = {"Describe": 20.0, "Search": 100.0}


def sides(folder: Path, size: Size) -> list[Side]:
    """Ask one server."""
    program = str(environments.PROGRAMS / "answer_times.py")
    amounts = (str(amount) for amount in SIZES[size])
    variables = {"PYTHONPATH": str(environments.ROOT)}
    workspace = folder / "local-aws"
    forget = partial(shutil.rmtree, workspace, ignore_errors=True)
    command = (sys.executable, program, str(workspace), *amounts)
    return [Side(OURS, command, variables, prepare=forget)]


def ratios(results: Results) -> list[Ratio]:
    """Compare the median and all but the slowest twentieth with the goals."""
    found = []
    for question in results.runs[OURS][0].reported["milliseconds"]:
        for start, goal in GOALS.items():
            if question.startswith(start):
                for what, share in (("median", 0.5), ("95 of 100", 0.95)):
                    values = tuple(time / goal for time in _quantiles(results, question, share))
                    found.append(Ratio(f"{question}, {what} / {goal:g} ms", values, 1.0))
    return found


def details(results: Results) -> list[tuple[str, ...]]:
    """Show each question's times in milliseconds."""
    shares = (0.0, 0.5, 0.95, 1.0)
    return [
        ("milliseconds", "shortest", "median", "95 of 100 within", "longest"),
        *(
            (question, *(f"{np.median(_quantiles(results, question, q)):.1f}" for q in shares))
            for question in results.runs[OURS][0].reported["milliseconds"]
        ),
    ]


def _quantiles(results: Results, question: str, share: float) -> list[float]:
    """Return a quantile of each run."""
    runs = results.runs[OURS]
    return [float(np.quantile(run.reported["milliseconds"][question], share)) for run in runs]


BENCHMARK = Benchmark(
    name="busy_answers",
    question="How soon does the local SageMaker answer while 50 tuning jobs and one of 750 run?",
    sides=sides,
    ratios=ratios,
    rounds=0,
    details=details,
    minutes=2,
)
