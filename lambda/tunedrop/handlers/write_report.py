"""WriteReport: results and report of a run whose Confirm job has ended, or of an older one."""

from __future__ import annotations

import os
from typing import Any

from pydantic import BaseModel, ConfigDict

from tunedrop import clients, keys
from tunedrop.environment import BucketEnvironment
from tunedrop.report.writer import Services, write_report
from tunedrop.run_logs import add_run_keys, logged
from tunedrop.storage import Bucket


class Event(BaseModel):
    """A run by its two names, or by `report`: "<dataset>/<run id>" as a person writes it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dataset: str = ""
    run_id: str = ""
    report: str | None = None


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the run and the notification."""
    request = Event.model_validate(event)
    dataset, run_id = request.dataset, request.run_id
    if request.report is not None:
        dataset, run_id = keys.split_run(request.report)
    add_run_keys(dataset=dataset, run_id=run_id)
    environment = BucketEnvironment.from_environ(os.environ)
    services = Services(
        bucket=Bucket(clients.s3(), environment.bucket),
        sagemaker=clients.sagemaker(),
    )
    notification = write_report(dataset, run_id, services)
    return {
        "run": {"dataset": dataset, "run_id": run_id},
        "notification": dict(notification),
    }
