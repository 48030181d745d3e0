"""The upload of a dataset, and its run: the one whose claim has one of the dropped object versions.

Or why there is none (yet): Admit answers what the dataset waits for, or which run has its contents.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from rich.console import Console
from rich.progress import DownloadColumn, Progress

from tunedrop.aws_errors import translated
from tunedrop.cli.arguments import DatasetFiles
from tunedrop.cli.errors import CommandError, is_denied
from tunedrop.cli.functions import invoke
from tunedrop.cli.run_folder import RunFiles, run_ids
from tunedrop.cli.stack import Stack
from tunedrop.datasets.layout import list_objects
from tunedrop.door import read_door
from tunedrop.storage import Bucket

# Where Admit may not be asked: how long the way of an event and the settling may take.
_EVENT_SECONDS = 900.0
_ASK_SECONDS = 10.0
# Files above it go up in parts, several at a time; parts of it cover 5 TB in S3's 10,000.
_PART_BYTES = 16 * 1024**2
_TRANSFER = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES)


def other_objects(bucket: Bucket, dropped: DatasetFiles) -> list[str]:
    """Return the keys of the dataset in the bucket that are not among the dropped ones."""
    found = (version.key for version in list_objects(bucket, dropped.dataset))
    return [key for key in found if key not in dropped.files]


@dataclass(frozen=True)
class Uploaded:
    """The objects that a drop made: the version of each key."""

    versions: dict[str, str]


def upload(dropped: DatasetFiles, bucket: Bucket, console: Console) -> Uploaded:
    """Upload all files, the largest first.

    What follows the largest then arrives while the dataset still settles, and all are one run.
    """
    order = sorted(dropped.files, key=lambda key: -dropped.files[key].stat().st_size)
    heads = {}
    columns = (*Progress.get_default_columns(), DownloadColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("Uploading", total=dropped.bytes)
        for key in order:
            with translated():
                bucket.client.upload_file(
                    str(dropped.files[key]),
                    bucket.name,
                    key,
                    Config=_TRANSFER,
                    Callback=lambda sent: progress.advance(task, sent),
                )
                heads[key] = bucket.client.head_object(Bucket=bucket.name, Key=key)
    return Uploaded({key: head["VersionId"] for key, head in heads.items()})


@dataclass(frozen=True)
class Outcome:
    """The run of a drop; None where it starts later: after another one, or tomorrow."""

    run: RunFiles | None


@dataclass
class RunSearch:
    """Looks for the run of dropped objects, again and again.

    Parameters
    ----------
    tell
        Gets the sentence on what the dataset waits for, whenever it is another one, or on the run
        that has its contents already.
    settle_seconds
        Admit isn't asked before: the dataset is not at rest.
    patient
        Whether to wait for a run that starts later, too.
    """

    stack: Stack
    dataset: str
    uploaded: Uploaded
    known_runs: frozenset[str]
    tell: Callable[[str], None] = lambda sentence: None
    settle_seconds: float = 0.0
    patient: bool = True
    _began: float = field(default_factory=lambda: time.monotonic())
    _asked: float | None = None
    _told: str = ""

    def look(self) -> Outcome | None:
        """Return the run, or an older one that has the same contents; None while there is none yet.

        Raises
        ------
        CommandError
            There will be none.
        """
        if found := self._claimed():
            return Outcome(found)
        now = time.monotonic()
        rested = self._began + self.settle_seconds
        if now < (rested if self._asked is None else self._asked + _ASK_SECONDS):
            return None
        self._asked = now
        try:
            answer = invoke(self.stack, "Admit", {"look": self.dataset})
        except ClientError as error:
            if not is_denied(error):
                raise
            self._give_up_after(_EVENT_SECONDS)
            return None
        if run_id := answer.get("run_id"):
            if nothing := answer.get("nothing"):
                self.tell(nothing)
            return Outcome(RunFiles(self.stack.bucket, self.dataset, run_id))
        if nothing := answer.get("nothing"):
            raise CommandError(f"No run began. {nothing}")
        if (waiting := answer["waiting"]) != self._told:
            self._told = waiting
            self.tell(waiting)
        return None if self.patient or not self._waits_long() else Outcome(None)

    def _waits_long(self) -> bool:
        door = read_door(self.stack.bucket)
        entry = door.waiting.get(self.dataset) if door else None
        return entry is not None and entry.reason not in ("rest", "manifest")

    def _claimed(self) -> RunFiles | None:
        for run_id in run_ids(self.stack.bucket, self.dataset):
            if run_id in self.known_runs:
                continue
            folder = RunFiles(self.stack.bucket, self.dataset, run_id)
            claim = folder.read("run.json")
            for entry in claim["objects"] if claim else ():
                if self.uploaded.versions.get(entry["key"]) == entry["version_id"]:
                    return folder
        return None

    def _give_up_after(self, seconds: float) -> None:
        if time.monotonic() - self._began > seconds:
            raise CommandError(
                f"No run has started within {seconds:.0f} s of the upload, and your role may not "
                f"invoke {self.stack.name}-Admit to ask why. Look at `tunedrop runs`, and at "
                "docs/operations.md, Troubleshooting."
            )
