"""From what was dropped to its run: the run whose claim has one of the dropped object versions.

Or why there is none: each dropped file starts an execution, and one that ends without a claim says
why in its output, its error or a failure.json.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from local_aws.clients import Clients
from local_aws.errors import LocalAwsError
from local_aws.run_folder import RunFolder, run_ids
from local_aws.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

# S3 -> EventBridge -> Step Functions takes milliseconds here; afterwards the event is lost.
_EVENT_SECONDS = 60.0


@dataclass
class Search:
    """Looks for the run of dropped objects, again and again."""

    clients: Clients
    stack: Stack
    dataset: str
    versions: Mapping[str, str]
    known_runs: frozenset[str]
    since: datetime
    _started: float = field(default_factory=time.monotonic)
    _inputs: dict[str, str] = field(default_factory=dict)

    def look(self) -> tuple[RunFolder, str] | None:
        """Return the run and its execution's ARN; None when there is none yet.

        Raises
        ------
        LocalAwsError
            There will be none.
        """
        if found := self._claimed():
            return found
        executions = self._executions()
        if not executions and time.monotonic() - self._started > _EVENT_SECONDS:
            raise LocalAwsError(
                f"No execution started within {_EVENT_SECONDS:.0f} s of dropping the dataset. "
                "See `python -m local_aws logs` for what the local AWS says."
            )
        if not executions or any(found["status"] == "RUNNING" for found in executions):
            return None
        if found := self._claimed() or self._failed(executions):
            return found
        raise LocalAwsError(_why(executions))

    def _claimed(self) -> tuple[RunFolder, str] | None:
        for folder in self._new_runs():
            run = folder.read("run.json")
            for entry in run["objects"] if run else ():
                if self.versions.get(entry["key"]) == entry["version_id"]:
                    return folder, run["execution"]
        return None

    def _failed(
        self, executions: list[DescribeExecutionOutputTypeDef]
    ) -> tuple[RunFolder, str] | None:
        """Find a run that failed before its claim, by its failure.json."""
        ours = {found["executionArn"] for found in executions}
        for folder in self._new_runs():
            failure = folder.read("failure.json")
            if failure and failure["execution"] in ours:
                return folder, failure["execution"]
        return None

    def _new_runs(self) -> list[RunFolder]:
        s3, bucket = self.clients.s3, self.stack.bucket
        ids = [one for one in run_ids(s3, bucket, self.dataset) if one not in self.known_runs]
        return [RunFolder(s3, bucket, self.dataset, one) for one in ids]

    def _executions(self) -> list[DescribeExecutionOutputTypeDef]:
        """Return the executions that the dropped objects started."""
        listed = self.clients.steps.list_executions(
            stateMachineArn=self.stack.state_machine, maxResults=200
        )["executions"]
        found = []
        for entry in listed:
            if entry["startDate"] < self.since:
                continue
            described = self.clients.steps.describe_execution(executionArn=entry["executionArn"])
            key, version = dropped_object(described["input"])
            if key in self.versions and self.versions[key] == version:
                found.append(described)
        return found


def dropped_object(execution_input: str) -> tuple[str, str]:
    """Return key and version of the object whose event started an execution; "" for others."""
    try:
        found = json.loads(execution_input)["detail"]["object"]
        return str(found["key"]), str(found["version-id"])
    except (ValueError, KeyError, TypeError):
        return "", ""


def _why(executions: list[DescribeExecutionOutputTypeDef]) -> str:
    for found in executions:
        if found["status"] != "SUCCEEDED":
            error, cause = found.get("error", ""), _message(found.get("cause", ""))
            return f"The execution ended {found['status']} before its run began: {error} {cause}"
    reasons: list[Any] = [_outcome(found.get("output", "")) for found in executions]
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
