"""WriteReport's handler, cold, with 100, 750 and 10,000 training jobs, against AWS's own tools.

All read the same tuning job from the same HTTP server, in AWS's pages. Ours runs from the Lambda's
own asset, and also reads and writes the bucket; the notebook's steps and amtviz
make a page with their plots only.
"""

from __future__ import annotations

import importlib.util
import math
import platform
import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks import environments
from benchmarks.aws import PAGE_SIZE, Aws
from benchmarks.finished_run import BUCKET, DATASET, RUN_ID, TUNING_JOB, finished_run
from benchmarks.harness import Benchmark, Ratio, Results, Side, Size

TRAINING_JOBS: Mapping[Size, tuple[int, ...]] = {"full": (100, 750, 10_000), "quick": (20,)}
# By training jobs: seconds, and bytes of the page.
GOALS = {100: (2.0, 1.2e6), 750: (3.0, 1.6e6), 10_000: (10.0, 5e6)}
MEMORY_GOAL = 512 * 2**20
# What AWS has, and the programs that make a page with it.
PEERS = {"notebook": "analyze_tuning_job.py", "amtviz": "visualize_tuning_job.py"}

_LABELS = {
    "seconds": "time", "cpu_seconds": "CPU time", "peak_bytes": "peak memory", "page_bytes": "page",
    "calls": "calls of SageMaker",
}  # fmt: skip
_RUN = f"runs/{DATASET}/{RUN_ID}/"


def sides(folder: Path, size: Size) -> list[Side]:
    """Serve a run for each amount of training jobs."""
    found = []
    code = environments.LAMBDAS if size == "quick" else str(_asset(folder))
    for amount in TRAINING_JOBS[size]:
        aws = finished_run(amount)
        variables = _variables(aws.serve())
        found.append(_ours(amount, aws, variables, code))
        if _has_peers():
            found += [_peer(name, amount, folder, variables) for name in PEERS]
    return found


def ratios(results: Results) -> list[Ratio]:
    """Compare with the goals, and with each peer."""
    found = []
    amounts = [int(side.split()[-1]) for side in results.runs if side.startswith("WriteReport")]
    for amount in amounts:
        ours = _name("WriteReport", amount)
        seconds, page = GOALS.get(amount, (None, None))
        if seconds and page:
            found += [
                _of(results, ours, "seconds", seconds, f"{seconds:g} s"),
                _of(results, ours, "cpu_seconds", seconds, f"{seconds:g} s"),
                _of(results, ours, "peak_bytes", MEMORY_GOAL, "512 MB"),
                _of(results, ours, "page_bytes", page, f"{page / 1e6:g} MB"),
            ]
        pages = math.ceil(amount / PAGE_SIZE)
        found.append(_of(results, ours, "calls", pages, f"{pages} pages of {PAGE_SIZE}"))
        for peer in (_name(name, amount) for name in PEERS):
            if peer in results.runs:
                found += [
                    results.against_fastest(ours, [peer], goal=None, what="cpu_seconds"),
                    results.against_fastest(ours, [peer], goal=None, what="page_bytes"),
                ]
    return found


def _of(results: Results, side: str, what: str, goal: float, shown: str) -> Ratio:
    """Return a number as a part of its goal."""
    label = _LABELS[what]
    values = tuple(value / goal for value in results.values(side, what))
    return Ratio(f"{label}: {side} / {shown}", values, 1.0)


def _ours(amount: int, aws: Aws, variables: Mapping[str, str], code: str) -> Side:
    program = environments.PROGRAMS / "write_report.py"
    return Side(
        _name("WriteReport", amount),
        (sys.executable, str(program), f"{DATASET}/{RUN_ID}"),
        {
            **variables,
            "PYTHONPATH": code,
            "PYTHONDONTWRITEBYTECODE": "1",
            "TUNEDROP_BUCKET": BUCKET,
            "TUNEDROP_PRICES": '{"ml.m5.large": 0.12}',
        },
        prepare=_forget_report(aws),
        collect=lambda: {
            "page_bytes": len(aws.objects[f"{_RUN}report.html"]),
            "calls": sum(aws.calls.values()),
        },
    )


def _peer(name: str, amount: int, folder: Path, variables: Mapping[str, str]) -> Side:
    program, page = environments.PROGRAMS / PEERS[name], folder / f"{name}-{amount}.html"
    return Side(
        _name(name, amount),
        (environments.peers_python(), str(program), TUNING_JOB, str(page)),
        {**variables, "SAGEMAKER_SUPPRESS_V2_WARNING": "1"},
        prepare=partial(page.unlink, missing_ok=True),
        collect=lambda: {"page_bytes": page.stat().st_size},
    )


def _name(what: str, amount: int) -> str:
    return f"{what}, {amount}"


def _forget_report(aws: Aws) -> Callable[[], None]:
    """Return what brings the bucket back to where it was before the report."""
    before = dict(aws.objects)

    def forget() -> None:
        aws.objects.clear()
        aws.objects.update(before)
        aws.calls.clear()

    return forget


def _variables(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "NO_PROXY": "127.0.0.1",
    }


def _asset(folder: Path) -> Path:
    """Bundle the asset of WriteReport's Lambda for this machine."""
    from cdk_app.bundling import Group, Platform, bundle

    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
    unpacked = folder / "asset"
    shutil.rmtree(unpacked, ignore_errors=True)
    bundle(Group.REPORT, Platform(machine, version), unpacked)
    return unpacked


def _has_peers() -> bool:
    """Tell whether the peers' libraries are there: `make benchmark` installs them."""
    if environments.peers_python() != sys.executable:
        return True
    return importlib.util.find_spec("bokeh") is not None


BENCHMARK = Benchmark(
    "report",
    "From nothing to a report of a tuning job with 100, 750 and 10,000 training jobs",
    sides,
    ratios,
    rounds=5,
    minutes=4,
)
