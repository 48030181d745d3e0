"""Checkpoints: a folder of the training job and a prefix of S3, kept alike while it runs.

What is in S3 is there when the job starts, so that it goes on where an earlier one ended; what the
job writes reaches S3 within seconds, and its last state at the end, however that comes.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
"""

from __future__ import annotations

import logging
import os
import posixpath
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.artifacts import UploadError
from local_aws.sagemaker.channels import DownloadError, path_in_channel
from local_aws.sagemaker.s3 import Bucket, S3Uri
from local_aws.sagemaker.training_job import TrainingJob

log = logging.getLogger(__name__)

DEFAULT_PATH = PurePosixPath("/opt/ml/checkpoints")

_INTERVAL_SECONDS = 1.0


class Checkpoints:
    """Opens the synchronization of training jobs that have a CheckpointConfig."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def restore(self, job: TrainingJob, root: Path) -> CheckpointFolder | None:
        """Fill a job's checkpoint folder below its own `/opt/ml`; None when it wants none.

        Raises
        ------
        DownloadError
            S3 refused.
        """
        config = job.request.get("CheckpointConfig")
        if config is None:
            return None
        uri = S3Uri.parse(config["S3Uri"])
        prefix = uri.key.strip("/")
        target = S3Uri(uri.bucket, f"{prefix}/" if prefix else "")
        place = root / local_path(config).relative_to("/opt/ml")
        folder = CheckpointFolder(self._bucket, target, place)
        try:
            folder.restore()
        except (ClientError, BotoCoreError, OSError) as error:
            raise DownloadError(f"ClientError: Data download failed:{error}") from error
        return folder


def local_path(config: dict[str, str]) -> PurePosixPath:
    """Say where a container finds its checkpoints."""
    return PurePosixPath(posixpath.normpath(config.get("LocalPath") or DEFAULT_PATH))


class CheckpointFolder:
    """One job's checkpoints, here and in S3. Nothing is ever deleted in S3.

    Parameters
    ----------
    target
        Prefix that ends with a slash, or is empty.
    folder
        Where the job reads and writes them.
    """

    def __init__(self, bucket: Bucket, target: S3Uri, folder: Path) -> None:
        self._bucket = bucket
        self._target = target
        self._folder = folder
        self._uploaded: dict[Path, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def restore(self) -> None:
        """Download everything below the prefix."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for item in self._bucket.list(self._target):
            path = self._folder / path_in_channel(self._target.key, item.key)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._bucket.download(item, path)
            self._uploaded[path] = _signature(path)

    def upload(self) -> None:
        """Upload the files that are new or were written since the last time.

        Raises
        ------
        UploadError
            S3 refused, or a file could not be read.
        """
        with self._lock:
            for path in self._files():
                try:
                    before = _signature(path)
                    if self._uploaded.get(path) == before:
                        continue
                    key = path.relative_to(self._folder).as_posix()
                    self._bucket.upload(path, S3Uri(self._target.bucket, self._target.key + key))
                    # One that was written meanwhile is uploaded once more.
                    self._uploaded[path] = before
                except FileNotFoundError:
                    continue
                except (ClientError, BotoCoreError, OSError) as error:
                    raise UploadError(f"ClientError: Checkpoint upload failed:{error}") from error

    @contextmanager
    def kept_in_s3(self) -> Iterator[None]:
        """Upload now and then from a thread of its own; the last time is the caller's matter."""
        ended = threading.Event()
        thread = threading.Thread(target=self._follow, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _follow(self, ended: threading.Event) -> None:
        while not ended.wait(_INTERVAL_SECONDS):
            try:
                self.upload()
            except UploadError as error:
                # A file may change while it is read; the next turn has it, or the job's end.
                log.warning("%s", error)

    def _files(self) -> Iterator[Path]:
        for parent, _, names in os.walk(self._folder):
            for name in sorted(names):
                path = Path(parent) / name
                # A link could lead to any file of this machine.
                if path.is_file() and not path.is_symlink():
                    yield path


def _signature(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
