"""Retune: a tick of the schedule in, the executions to start out."""

from __future__ import annotations

import os
from typing import Any

from pydantic import BaseModel, ConfigDict

from tunedrop import clients
from tunedrop.admission.retuning import due
from tunedrop.environment import BucketEnvironment
from tunedrop.run_logs import logged
from tunedrop.storage import Bucket


class Tick(BaseModel):
    """The schedule's payload; no `datasets` means all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tick: str
    datasets: tuple[str, ...] | None = None


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Name the executions that a Map is to start."""
    tick = Tick.model_validate(event)
    bucket = Bucket(clients.s3(), BucketEnvironment.from_environ(os.environ).bucket)
    return {"starts": [start.to_json() for start in due(bucket, tick.tick, tick.datasets)]}
