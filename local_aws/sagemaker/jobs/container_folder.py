"""A training job's folder by SageMaker's contract: the container's inputs and outputs.

On AWS the folder is /opt/ml. Here each training job has its own, which SAGEMAKER_BASE_DIR names.
model.tar.gz and output.tar.gz go below the job's S3OutputPath.
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local_aws import REGION
from local_aws.calls import TRAINING_JOBS
from local_aws.sagemaker.jobs.interpreter import THREAD_VARIABLES
from local_aws.sagemaker.jobs.s3 import Bucket, S3Uri, TransferError
from local_aws.sagemaker.jobs.training_job import TrainingJob

HOST = "algo-1"
_LARGEST_FAILURE = 1 << 16

# The objects are read on this machine, soon and perhaps once.
_COMPRESSION = 1


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
        """Return the job's own message about its failure, at most 64 KiB."""
        path = self.root / "output" / "failure"
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_LARGEST_FAILURE).decode("utf-8", "replace").strip()

    def environment(self, job: TrainingJob, threads: int, endpoint_url: str) -> dict[str, str]:
        """Return the environment variables of the contract."""
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


def upload_artifacts(
    bucket: Bucket, job: TrainingJob, folder: ContainerFolder, *, model: bool
) -> None:
    """Pack and upload the outputs; the model only if the training job did not fail."""
    packed = {"output.tar.gz": folder.data} | ({"model.tar.gz": folder.model} if model else {})
    try:
        for name, source in packed.items():
            # SageMaker makes no object from an empty folder.
            if any(source.iterdir()):
                bucket.upload(_pack(source, name), artifact_uri(job, name))
    except (ClientError, BotoCoreError, OSError, tarfile.TarError) as error:
        raise TransferError(f"ClientError: Artifact upload failed:{error}") from error


def artifact_uri(job: TrainingJob, name: str = "model.tar.gz") -> S3Uri:
    """Return where an artifact of a training job is, or would be."""
    path = S3Uri.parse(job.request["OutputDataConfig"]["S3OutputPath"])
    prefix = path.key.strip("/")
    return S3Uri(path.bucket, f"{prefix}{'/' if prefix else ''}{job.name}/output/{name}")


def _pack(source: Path, name: str) -> Path:
    archive = source.parent / name
    with tarfile.open(archive, "w:gz", compresslevel=_COMPRESSION) as tar:
        for path in sorted(source.iterdir()):
            tar.add(path, path.name)
    return archive
