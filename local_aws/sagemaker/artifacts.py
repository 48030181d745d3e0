"""What a training job leaves behind: model.tar.gz and output.tar.gz below its S3OutputPath."""

from __future__ import annotations

import tarfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.container_folder import ContainerFolder
from local_aws.sagemaker.s3 import Bucket, S3Uri
from local_aws.sagemaker.training_job import TrainingJob

# The objects are read on this machine, soon and perhaps once.
_COMPRESSION = 1


class UploadError(Exception):
    """An artifact could not be uploaded; the message is a FailureReason."""


class Artifacts:
    """Packs and uploads."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def upload(self, job: TrainingJob, folder: ContainerFolder, *, model: bool) -> None:
        """Upload what is there; the model only of a training job that did not fail.

        Raises
        ------
        UploadError
            S3 refused, or a file could not be read.
        """
        target = _target(job)
        try:
            if model:
                self._upload(folder.model, target, "model.tar.gz")
            self._upload(folder.data, target, "output.tar.gz")
        except (ClientError, BotoCoreError, OSError, tarfile.TarError) as error:
            raise UploadError(f"ClientError: Artifact upload failed:{error}") from error

    def _upload(self, source: Path, target: S3Uri, name: str) -> None:
        # SageMaker makes no object out of an empty folder.
        if not any(source.iterdir()):
            return
        archive = source.parent / name
        with tarfile.open(archive, "w:gz", compresslevel=_COMPRESSION) as tar:
            for path in sorted(source.iterdir()):
                tar.add(path, path.name)
        self._bucket.upload(archive, S3Uri(target.bucket, f"{target.key}{name}"))
        archive.unlink()


def model_uri(job: TrainingJob) -> str:
    """Say where the model of a training job is, or would be."""
    return f"{_target(job)}model.tar.gz"


def _target(job: TrainingJob) -> S3Uri:
    path = S3Uri.parse(job.request["OutputDataConfig"]["S3OutputPath"])
    prefix = path.key.strip("/")
    return S3Uri(path.bucket, f"{prefix}{'/' if prefix else ''}{job.name}/output/")
