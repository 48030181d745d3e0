"""What a training job leaves behind below its S3OutputPath: model.tar.gz and output.tar.gz.

With CompressionType NONE the files themselves, below model/ and data/
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-train-storage-uncompressed.html).
"""

from __future__ import annotations

import tarfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.jobs.container_folder import ContainerFolder
from local_aws.sagemaker.jobs.s3 import Bucket, S3Uri
from local_aws.sagemaker.jobs.training_job import TrainingJob

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
            upload = self._pack if _is_packed(job) else self._copy
            if model:
                upload(folder.model, target, "model")
            upload(folder.data, target, "output" if _is_packed(job) else "data")
        except (ClientError, BotoCoreError, OSError, tarfile.TarError) as error:
            raise UploadError(f"ClientError: Artifact upload failed:{error}") from error

    def _pack(self, source: Path, target: S3Uri, name: str) -> None:
        # SageMaker makes no object out of an empty folder.
        if not any(source.iterdir()):
            return
        archive = source.parent / f"{name}.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=_COMPRESSION) as tar:
            for path in sorted(source.iterdir()):
                tar.add(path, path.name)
        self._bucket.upload(archive, S3Uri(target.bucket, f"{target.key}{archive.name}"))
        archive.unlink()

    def _copy(self, source: Path, target: S3Uri, name: str) -> None:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                key = f"{target.key}{name}/{path.relative_to(source)}"
                self._bucket.upload(path, S3Uri(target.bucket, key))


def model_uri(job: TrainingJob) -> str:
    """Say where the model of a training job is, or would be."""
    return f"{_target(job)}{'model.tar.gz' if _is_packed(job) else 'model/'}"


def _is_packed(job: TrainingJob) -> bool:
    return bool(job.request["OutputDataConfig"].get("CompressionType", "GZIP") == "GZIP")


def _target(job: TrainingJob) -> S3Uri:
    path = S3Uri.parse(job.request["OutputDataConfig"]["S3OutputPath"])
    prefix = path.key.strip("/")
    return S3Uri(path.bucket, f"{prefix}{'/' if prefix else ''}{job.name}/output/")
