"""PlanRun: what started an execution in, a planned run or nothing to do out."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from tunedrop import clients
from tunedrop.admission.admit import NothingToDo, admit
from tunedrop.environment import PlanRunEnvironment
from tunedrop.errors import UserInputError
from tunedrop.failing.refusals import refuse
from tunedrop.planning.plan_run import plan_run
from tunedrop.planning.prices import PriceList
from tunedrop.run_logs import logged
from tunedrop.storage import Bucket


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Claim and plan the run that an execution is about."""
    environment = PlanRunEnvironment.from_environ(os.environ)
    bucket, now = Bucket(clients.s3(), environment.bucket), datetime.now(UTC)
    try:
        admitted = admit(event, bucket, environment.settle_seconds, now)
        if isinstance(admitted, NothingToDo):
            return admitted.to_json()
        sagemaker = clients.sagemaker()
        price_list = PriceList(sagemaker.meta.region_name, clients.pricing)
        return plan_run(admitted, bucket, sagemaker, clients.ecr(), environment, price_list)
    except UserInputError as error:
        # Lambda logs the whole chain of exceptions.
        raise refuse(bucket, event, error, now=now) from None
