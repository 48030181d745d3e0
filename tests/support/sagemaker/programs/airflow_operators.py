"""What a DAG of Airflow does with SageMaker; reads a tuning and a training request, prints JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerTrainingOperator,
    SageMakerTuningOperator,
)
from airflow.providers.amazon.aws.sensors.sagemaker import (
    SageMakerTrainingSensor,
    SageMakerTuningSensor,
)
from airflow.providers.amazon.aws.triggers.sagemaker import SageMakerTrigger

WAIT = {"aws_conn_id": None, "wait_for_completion": True, "check_interval": 1}
POKE = {"aws_conn_id": None, "poke_interval": 1}


def main(tuning: dict[str, Any], training: dict[str, Any]) -> None:
    tuned = SageMakerTuningOperator(task_id="tune", config=tuning, **WAIT).execute({})
    trained = trained_by_an_operator(training)
    SageMakerTuningSensor(
        task_id="tuned", job_name=tuning["HyperParameterTuningJobName"], **POKE
    ).execute({})
    SageMakerTrainingSensor(task_id="trained", job_name=trained, print_log=True, **POKE).execute({})
    failing = {**training, "TrainingJobName": "by-airflow-failing"}
    failing["HyperParameters"] = {"behaviour": "fail"}
    try:
        trained_by_an_operator(failing)
        failure = ""
    except Exception as error:
        failure = str(error)
    event = asyncio.run(first_event(tuning["HyperParameterTuningJobName"]))
    hook = SageMakerHook(aws_conn_id=None)
    hook.get_waiter("TrainingJobComplete").wait(TrainingJobName=trained)
    seen = {
        "status": tuned["Tuning"]["HyperParameterTuningJobStatus"],
        "trained": trained,
        # An operator that finds its name taken appends the time to it.
        "again": trained_by_an_operator(training),
        "listed": len(hook.list_training_jobs(name_contains=trained)),
        "failure": failure,
        "event": event,
    }
    print(json.dumps(seen))


def trained_by_an_operator(request: dict[str, Any]) -> str:
    operator = SageMakerTrainingOperator(task_id="train", config=request, print_log=True, **WAIT)
    return str(operator.execute({})["Training"]["TrainingJobName"])


async def first_event(tuning_job: str) -> str:
    """Wait as a deferred operator does."""
    trigger = SageMakerTrigger(
        job_name=tuning_job, job_type="tuning", poke_interval=1, max_attempts=5, aws_conn_id=None
    )
    async for event in trigger.run():
        return str(event.payload["status"])
    return "none"


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), json.loads(sys.argv[2]))
