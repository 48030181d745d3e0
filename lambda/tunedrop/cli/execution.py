"""How a run's execution is, where Step Functions does not know it yet or any more, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tunedrop.cli.run_folder import RunFiles
from tunedrop.cli.stack import Stack
from tunedrop.failures import executions
from tunedrop.run_record import end_of, time_of

RUNNING = "running"
SUCCEEDED = "succeeded"
# It ended in good order, and the run was refused.
_REFUSED = "refused"
# Step Functions forgets executions after 90 days.
_FORGOTTEN = "forgotten"

# Of a run that is claimed, and whose execution is being started or not to be seen yet.
_STARTS_WITHIN = timedelta(minutes=15)


def status_of(stack: Stack, folder: RunFiles) -> str:
    """Return the status of a run's execution, as people read it."""
    found = executions.describe(stack.executions, folder.execution())
    if found is None:
        is_new = datetime.now(UTC) - time_of(folder.run_id) < _STARTS_WITHIN
        return RUNNING if is_new else _FORGOTTEN
    if found.status == "SUCCEEDED" and end_of(folder.bucket, folder) == "failure.json":
        return _REFUSED
    return found.status.lower().replace("_", " ")
