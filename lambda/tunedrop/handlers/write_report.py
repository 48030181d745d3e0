"""WriteReport: results and report of a run whose Confirm job has ended, or of an older one."""

from __future__ import annotations

import os
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from tunedrop import clients, keys
from tunedrop.environment import BucketEnvironment
from tunedrop.errors import RunNotFoundError
from tunedrop.report.writer import Services, write_report
from tunedrop.run_logs import add_run_keys, logged
from tunedrop.storage import Bucket


class Event(BaseModel):
    """A run by its two names, or by `report`: "<dataset>/<run id>" as a person writes it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dataset: str = ""
    run_id: str = ""
    report: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _split_report(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.get("report") is None:
            return value
        report = str(value["report"])
        dataset, run_id = keys.split_run(report)
        return value | {"report": report, "dataset": dataset, "run_id": run_id}

    @model_validator(mode="after")
    def _names_a_run(self) -> Event:
        names = (self.dataset, self.run_id)
        if any(not name or "/" in name or name in (".", "..") for name in names):
            raise RunNotFoundError(
                "This names no run",
                found=repr(self.report if self.report is not None else "/".join(names))[:200],
                expected='"<dataset>/<run id>", such as "iris/20261123T225242Z-1a2b3c4d"',
                to_do='Call this Lambda again with {"report": "<dataset>/<run id>"}.',
            )
        return self


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the run and the notification."""
    request = Event.model_validate(event)
    add_run_keys(dataset=request.dataset, run_id=request.run_id)
    environment = BucketEnvironment.from_environ(os.environ)
    services = Services(
        bucket=Bucket(clients.s3(), environment.bucket),
        sagemaker=clients.sagemaker(),
    )
    notification = write_report(request.dataset, request.run_id, services)
    return {
        "run": {"dataset": request.dataset, "run_id": request.run_id},
        "notification": dict(notification),
    }
