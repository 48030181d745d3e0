"""PlanRun: what started an execution in, a planned run or nothing to do out."""

from __future__ import annotations

import os
from typing import Any

from tunedrop import clients
from tunedrop.environment import PlanRunEnvironment
from tunedrop.errors import UserInputError
from tunedrop.failing.refusals import refuse
from tunedrop.planning.plan_run import Services, plan_run
from tunedrop.storage import Bucket


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Claim and plan the run that an execution is about."""
    environment = PlanRunEnvironment.from_environ(os.environ)
    services = Services(Bucket(clients.s3(), environment.bucket), clients.sagemaker())
    try:
        return plan_run(event, environment, services)
    except UserInputError as error:
        # Lambda logs the whole chain of exceptions.
        raise refuse(services.bucket, event, error, now=services.now()) from None
