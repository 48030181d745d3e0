"""PlanRun: a run that Admit started in, what the state machine does for it out."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from tunedrop import clients
from tunedrop.admission_state import check_admitted
from tunedrop.environment import PlanRunEnvironment
from tunedrop.errors import UserInputError
from tunedrop.failures.failures import reject
from tunedrop.records import ExecutionArn, RunName, read_record
from tunedrop.run_logs import logged
from tunedrop.run_record import RunFolder
from tunedrop.storage import Bucket


class PlanRunEvent(RunName):
    """A run with the execution that Admit started for it."""

    execution: ExecutionArn


@logged
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Plan the run of an execution."""
    # Lambda allows a module's import ten seconds, and a call minutes; these bring scikit-learn.
    from tunedrop.planning.plan_run import claimed_run, plan_run
    from tunedrop.planning.prices import PriceList

    request = read_record(PlanRunEvent, event)
    execution = request.execution
    environment = PlanRunEnvironment.from_environ(os.environ)
    bucket = Bucket(clients.s3(), environment.bucket)
    run = claimed_run(bucket, request.dataset, request.run_id, execution)
    check_admitted(bucket, run.dataset, run.run_id)
    try:
        sagemaker = clients.sagemaker()
        price_list = PriceList(sagemaker.meta.region_name, clients.pricing)
        return plan_run(run, bucket, sagemaker, environment, price_list)
    except UserInputError as error:
        folder = RunFolder(run.dataset, run.run_id)
        # Lambda logs the whole chain of exceptions.
        raise reject(bucket, folder, error, execution=execution, time=datetime.now(UTC)) from None
