"""WriteReport: a run whose Confirm job has ended, an older report, or a change of the champion."""

from __future__ import annotations

import os
from typing import Any

from tunedrop import clients
from tunedrop.environment import WriteReportEnvironment
from tunedrop.events import EventBus
from tunedrop.records import Line, RunName, StrictRecord, read_record, read_run_name
from tunedrop.report.champion_calls import ChampionCall, change_by_user
from tunedrop.report.writer import write_report
from tunedrop.run_logs import add_run_keys, logged
from tunedrop.storage import Bucket


class ReportCall(StrictRecord):
    """A person's: a report again of "<dataset>/<run id>"."""

    report: Line


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the run and the notification, or the record of the champion."""
    environment = WriteReportEnvironment.from_environ(os.environ)
    bucket = Bucket(clients.s3(), environment.bucket)
    bus = EventBus(clients.events(), environment.event_bus)
    if "champion" in event:
        call = read_record(ChampionCall, event)
        add_run_keys(dataset=call.champion)
        record = change_by_user(bucket, call)
        changed = record.event_of(call.run_id) if call.run_id else None
        bus.put(*([changed] if changed else []))
        return record.model_dump(mode="json")
    is_call = "report" in event
    if is_call:
        run = read_run_name(read_record(ReportCall, event).report)
    else:
        run = read_record(RunName, event)
    dataset, run_id = run.dataset, run.run_id
    add_run_keys(dataset=dataset, run_id=run_id)
    written = write_report(
        dataset,
        run_id,
        bucket,
        clients.sagemaker(),
        promotion=None if is_call else environment.promotion,
    )
    if not is_call:
        bus.put(*written.events)
    return {
        "run": {"dataset": dataset, "run_id": run_id},
        "notification": dict(written.notification),
    }
