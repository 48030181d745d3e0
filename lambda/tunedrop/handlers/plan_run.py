"""PlanRun: what started an execution in, a planned run or nothing to do out."""

from __future__ import annotations

import os
from typing import Any

from tunedrop import clients
from tunedrop.environment import PlanRunEnvironment
from tunedrop.planning.plan_run import Services, plan_run
from tunedrop.storage import Bucket


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Claim and plan the run that an execution is about."""
    environment = PlanRunEnvironment.from_environ(os.environ)
    services = Services(Bucket(clients.s3(), environment.bucket), clients.sagemaker())
    return plan_run(event, environment, services)
