"""What a training job leaves behind below its S3OutputPath: model.tar.gz and output.tar.gz."""

from __future__ import annotations

import tarfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.jobs.container_folder import ContainerFolder
from local_aws.sagemaker.jobs.s3 import Bucket, S3Uri, TransferError
from local_aws.sagemaker.jobs.training_job import TrainingJob

# The objects are read on this machine, soon and perhaps once.
_COMPRESSION = 1


def upload_artifacts(
    bucket: Bucket, job: TrainingJob, folder: ContainerFolder, *, model: bool
) -> None:
    """Pack and upload what is there; the model only of a training job that did not fail."""
    packed = {"output.tar.gz": folder.data} | ({"model.tar.gz": folder.model} if model else {})
    try:
        for name, source in packed.items():
            # SageMaker makes no object out of an empty folder.
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
