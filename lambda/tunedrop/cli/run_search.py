"""From what was dropped to its run: the run whose claim has one of the dropped object versions.

Or why there is none: each dropped file starts an execution, and one that ends without a claim says
why in its output, its error or a failure.json.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tunedrop.aws_errors import translated
from tunedrop.cli.dataset_files import Uploaded
from tunedrop.cli.errors import CommandError
from tunedrop.cli.run_folder import RunFiles, run_ids
from tunedrop.cli.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

# S3 -> EventBridge -> Step Functions takes seconds; after minutes the event will not come.
_EVENT_SECONDS = 300.0
# Between the clocks of S3 and of Step Functions.
_SLACK = timedelta(seconds=10)


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
            with translated():
                described = self.stack.executions.describe_execution(executionArn=arn)
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
