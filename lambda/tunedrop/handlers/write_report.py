"""WriteReport: a run whose Confirm job has ended, an older report, a new champion or check."""

from __future__ import annotations

import os
from typing import Any

from pydantic import AliasPath, Field

from tunedrop import clients
from tunedrop.environment import WriteReportEnvironment
from tunedrop.events import EventBus
from tunedrop.records import KeyPart, Line, RunName, StrictRecord, read_record, read_run_name
from tunedrop.report.champion_calls import ChampionCall, change_by_user
from tunedrop.report.check_announcement import CheckAnnouncement
from tunedrop.report.writer import write_report
from tunedrop.run_logs import add_run_keys, logged
from tunedrop.storage import Bucket


class ReportCall(StrictRecord):
    """A person's: a report again of "<dataset>/<run id>"."""

    report: Line


class CheckEvent(StrictRecord):
    """S3's event of a new check."""

    key: KeyPart = Field(validation_alias=AliasPath("detail", "object", "key"))


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the run and the notification, the record of the champion, or the end of a check."""
    environment = WriteReportEnvironment.from_environ(os.environ)
    bucket = Bucket(clients.s3(), environment.bucket)
    bus = EventBus(clients.events(), environment.event_bus)
    if "champion" in event:
        call = read_record(ChampionCall, event)
        add_run_keys(dataset=call.champion)
        record = change_by_user(bucket, call)
        bus.put(*record.events_of(call.run_id))
        return record.model_dump(mode="json")
    if "detail" in event:
        key = read_record(CheckEvent, event).key
        announcement = CheckAnnouncement(bucket, clients.sns(), environment.topic, bus)
        return {"check": announcement.show(key)}
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
