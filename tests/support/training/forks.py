"""Training jobs in forked children of a pre-imported interpreter."""

import json
import os
import subprocess
import sys
from pathlib import Path

from local_aws.sagemaker.jobs.interpreter import PRELOAD
from tests.support.training import PYTHONPATH
from tests.support.training.jobs import Finished, Job


class ForkServer:
    """Runs training jobs in forked children of a pre-imported interpreter."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fork_server.py")), " ".join(PRELOAD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": PYTHONPATH, "OMP_NUM_THREADS": "1"},
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
        self.process.wait(60)
