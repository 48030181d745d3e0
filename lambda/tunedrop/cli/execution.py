"""How a run's execution is, where Step Functions does not know it yet or any more, too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of
from tunedrop.claims import time_of
from tunedrop.cli.run_folder import RunFiles
from tunedrop.cli.stack import Stack

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
# It ended in good order, and the run was refused.
REFUSED = "REFUSED"
# Step Functions forgets executions after 90 days.
FORGOTTEN = "FORGOTTEN"

# Of a run that is claimed, and whose execution is being started or not to be seen yet.
_STARTS_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class RunExecution:
    """The status of a run's execution, and when it ended."""

    arn: str
    status: str
    ended: datetime | None = None

    @property
    def words(self) -> str:
        """The status as people read it."""
        return self.status.lower().replace("_", " ")


def look_at(stack: Stack, folder: RunFiles) -> RunExecution:
    """Look at the execution of a run."""
    arn = folder.execution()
    try:
        found = stack.execution(arn)
    except ClientError as error:
        if code_of(error) != "ExecutionDoesNotExist":
            raise
        is_new = datetime.now(UTC) - time_of(folder.run_id) < _STARTS_WITHIN
        return RunExecution(arn, RUNNING if is_new else FORGOTTEN)
    status = str(found["status"])
    if status == SUCCEEDED and folder.bucket.exists(folder.key("failure.json")):
        status = REFUSED if not folder.bucket.exists(folder.key("report.html")) else status
    return RunExecution(arn, status, found.get("stopDate"))
