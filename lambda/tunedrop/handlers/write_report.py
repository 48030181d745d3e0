"""WriteReport: results and report of a run whose Confirm job has ended, or of an older one."""

from __future__ import annotations

import os
from typing import Any

from tunedrop import clients
from tunedrop.environment import BucketEnvironment
from tunedrop.records import Line, RunName, StrictRecord, read_record, read_run_name
from tunedrop.report.writer import write_report
from tunedrop.run_logs import add_run_keys, logged
from tunedrop.storage import Bucket


class ReportCall(StrictRecord):
    """A person's: a report again of "<dataset>/<run id>"."""

    report: Line


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the run and the notification."""
    if "report" in event:
        run = read_run_name(read_record(ReportCall, event).report)
    else:
        run = read_record(RunName, event)
    dataset, run_id = run.dataset, run.run_id
    add_run_keys(dataset=dataset, run_id=run_id)
    environment = BucketEnvironment.from_environ(os.environ)
    bucket = Bucket(clients.s3(), environment.bucket)
    notification = write_report(dataset, run_id, bucket, clients.sagemaker())
    return {
        "run": {"dataset": dataset, "run_id": run_id},
        "notification": dict(notification),
    }
