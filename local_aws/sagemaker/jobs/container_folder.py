"""The files and variables that a training container finds: SageMaker's contract, one folder a job.

On AWS the folder is /opt/ml. Here each training job has its own, which SAGEMAKER_BASE_DIR names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from local_aws.account import REGION
from local_aws.calls import TRAINING_JOBS
from local_aws.sagemaker.jobs.interpreter import THREAD_VARIABLES
from local_aws.sagemaker.jobs.training_job import TrainingJob

HOST = "algo-1"
_LARGEST_FAILURE = 1 << 16


@dataclass(frozen=True)
class ContainerFolder:
    """A job's own /opt/ml."""

    root: Path

    @property
    def model(self) -> Path:
        """What becomes model.tar.gz."""
        return self.root / "model"

    @property
    def data(self) -> Path:
        """What becomes output.tar.gz."""
        return self.root / "output" / "data"

    def channel(self, name: str) -> Path:
        """Where a channel's files are."""
        return self.root / "input" / "data" / name

    def prepare(self, job: TrainingJob) -> None:
        """Make the folders and write the hyperparameters."""
        config = self.root / "input" / "config"
        for folder in (config, self.model, self.data):
            folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps(job.request.get("HyperParameters", {}))
        (config / "hyperparameters.json").write_text(content, "utf-8")

    def failure(self) -> str:
        """Read what the job wrote about its failure, bounded."""
        path = self.root / "output" / "failure"
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_LARGEST_FAILURE).decode("utf-8", "replace").strip()

    def environment(self, job: TrainingJob, threads: int, endpoint_url: str) -> dict[str, str]:
        """List what is here and whose job it is, in the variables of the contract."""
        request = job.request
        settings = dict.fromkeys(THREAD_VARIABLES, str(threads))
        settings |= {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        if not request.get("EnableNetworkIsolation"):
            settings |= {
                "AWS_ENDPOINT_URL": endpoint_url,
                "AWS_ACCESS_KEY_ID": TRAINING_JOBS,
                "AWS_SECRET_ACCESS_KEY": "local",
            }
        settings |= request.get("Environment", {})
        return settings | {"TRAINING_JOB_NAME": job.name, "TRAINING_JOB_ARN": job.arn}
