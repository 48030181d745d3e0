from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.training_container.jobs import Finished, Job

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "training_container"


class ForkServer:
    """Runs training jobs in forked children of a pre-imported interpreter."""

    def __init__(self) -> None:
        preload = (PACKAGE / "preload.txt").read_text().split()
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fork_server.py")), " ".join(preload)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(PACKAGE), "OMP_NUM_THREADS": "1"},
        )

    def run(self, job: Job) -> Finished:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {
            "log": str(job.base / "log"),
            "environment": {"SAGEMAKER_BASE_DIR": str(job.base)},
            "arguments": ["train"],
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return Finished(job.base, code, (job.base / "log").read_text())

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep threads from waiting for each other on a busy machine."""
    import sklearn.ensemble  # noqa: F401 - loads the libraries that the limit is for
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
