"""The upload of a dataset, and its run: the one whose claim has one of the dropped object versions.

Or why there is none: each dropped file starts an execution, and one that ends without a claim says
why in its output, its error or a failure.json.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig
from rich.console import Console
from rich.progress import DownloadColumn, Progress

from tunedrop.aws_errors import translated
from tunedrop.cli.arguments import DatasetFiles
from tunedrop.cli.errors import CommandError
from tunedrop.cli.run_folder import RunFiles, run_ids
from tunedrop.cli.stack import Stack
from tunedrop.datasets.layout import list_objects
from tunedrop.storage import Bucket

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

# S3 -> EventBridge -> Step Functions takes seconds; after minutes the event will not come.
_EVENT_SECONDS = 300.0
# Between the clocks of S3 and of Step Functions.
_SLACK = timedelta(seconds=10)
# Files above it go up in parts, several at a time; parts of it cover 5 TB in S3's 10,000.
_PART_BYTES = 16 * 1024**2
_TRANSFER = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES)


def other_objects(bucket: Bucket, dropped: DatasetFiles) -> list[str]:
    """Return the keys of the dataset in the bucket that are not among the dropped ones."""
    found = (version.key for version in list_objects(bucket, dropped.dataset))
    return [key for key in found if key not in dropped.files]


@dataclass(frozen=True)
class Uploaded:
    """The objects that a drop made: the version of each key, and when S3 had the first of them."""

    versions: dict[str, str]
    since: datetime


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
    return Uploaded(
        versions={key: head["VersionId"] for key, head in heads.items()},
        since=min(head["LastModified"] for head in heads.values()),
    )


@dataclass
class RunSearch:
    """Looks for the run of dropped objects, again and again."""

    stack: Stack
    dataset: str
    uploaded: Uploaded
    known_runs: frozenset[str]
    _began: float = field(default_factory=time.monotonic)
    _ours: dict[str, bool] = field(default_factory=dict)

    def look(self) -> RunFiles | None:
        """Return the run; None while there is none yet.

        Raises
        ------
        CommandError
            There will be none.
        """
        if found := self._claimed():
            return found
        executions = list(self._executions())
        if not executions and time.monotonic() - self._began > _EVENT_SECONDS:
            raise CommandError(
                f"No execution has started within {_EVENT_SECONDS:.0f} s of the upload. Look at "
                f"the executions of {self.stack.state_machine}, and at docs/operations.md, "
                "Troubleshooting."
            )
        if not executions or any(each["status"] == "RUNNING" for each in executions):
            return None
        if found := self._claimed() or self._failed(executions):
            return found
        raise CommandError(_why(executions))

    def _claimed(self) -> RunFiles | None:
        for folder in self._new_runs():
            claim = folder.read("run.json")
            for entry in claim["objects"] if claim else ():
                if self.uploaded.versions.get(entry["key"]) == entry["version_id"]:
                    return folder
        return None

    def _failed(self, executions: list[DescribeExecutionOutputTypeDef]) -> RunFiles | None:
        """Find a run that failed before its claim, by its failure.json."""
        ours = {each["executionArn"] for each in executions}
        for folder in self._new_runs():
            failure = folder.read("failure.json")
            if failure and failure["execution"] in ours:
                return folder
        return None

    def _new_runs(self) -> Iterator[RunFiles]:
        for run_id in run_ids(self.stack.bucket, self.dataset):
            if run_id not in self.known_runs:
                yield RunFiles(self.stack.bucket, self.dataset, run_id)

    def _executions(self) -> Iterator[DescribeExecutionOutputTypeDef]:
        """Describe the executions that the dropped objects started."""
        for arn in self._started_since():
            if self._ours.get(arn) is False:
                continue
            described = self.stack.execution(arn)
            key, version = dropped_object(described["input"])
            self._ours[arn] = self.uploaded.versions.get(key) == version != ""
            if self._ours[arn]:
                yield described

    def _started_since(self) -> Iterator[str]:
        pages = self.stack.executions.get_paginator("list_executions").paginate(
            stateMachineArn=self.stack.state_machine
        )
        with translated():
            for page in pages:
                for entry in page["executions"]:  # the newest first
                    if entry["startDate"] < self.uploaded.since - _SLACK:
                        return
                    yield entry["executionArn"]


def dropped_object(execution_input: str) -> tuple[str, str]:
    """Return key and version of the object whose event started an execution; "" for others."""
    try:
        found = json.loads(execution_input)["detail"]["object"]
        return str(found["key"]), str(found["version-id"])
    except (ValueError, KeyError, TypeError):
        return "", ""


def _why(executions: list[DescribeExecutionOutputTypeDef]) -> str:
    for each in executions:
        if each["status"] != "SUCCEEDED":
            error, cause = each.get("error", ""), _message(each.get("cause", ""))
            return f"The execution ended {each['status']} before its run began: {error} {cause}"
    reasons: list[Any] = [_outcome(each.get("output", "")) for each in executions]
    return "No run began. " + " ".join(sorted({str(reason) for reason in reasons if reason}))


def _outcome(output: str) -> str:
    try:
        return str(json.loads(output)["reason"])
    except (ValueError, KeyError, TypeError):
        return ""


def _message(cause: str) -> str:
    """Return the message of a Lambda's error, which is in JSON in the cause."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return cause
