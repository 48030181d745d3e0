"""Waiting for a job without polling: its token is in `callbacks/<attempt>.json` until it is used.

AwaitJob writes the token, then describes the job; ResumeRun describes it when its event arrives.
The first of them that sees the end answers Step Functions, so an event may come early, twice, late
or never (then the heartbeat expires and AwaitJob runs again with a new token). The answer is the
job's status, or the error NextAttempt if another attempt follows.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError
from pydantic import Field

from tunedrop import keys
from tunedrop.aws_errors import code_of, translated
from tunedrop.errors import TransientAwsError, UnreadableState
from tunedrop.records import AttemptName, ExecutionArn, Line
from tunedrop.run_logs import add_run_keys
from tunedrop.running.attempts import (
    NEXT_ATTEMPT,
    JobResult,
    read_attempts,
    record_end,
    settings_after,
)
from tunedrop.running.jobs import Job, JobState, describe, kind_of
from tunedrop.running.next_attempt import CAUSE_TEXT
from tunedrop.storage import Bucket
from tunedrop_common.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient

# Answered before, expired with its heartbeat, or of an execution that is over.
_STALE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})

# Each round meets a newer token; AwaitJob makes one in a heartbeat, so two are plenty.
_ROUNDS = 5

Finish = Literal["resumed", "stale", "superseded"]
Waiting = Finish | Literal["waiting"]
Resumption = Literal["resumed", "stale", "not ours", "goes on", "nobody waits"]

logger = logging.getLogger(__name__)


class Callback(Job):
    """The execution that waits for an attempt at a job, and the token that resumes it."""

    attempt: AttemptName = Field(min_length=1)
    token: Line = Field(min_length=1)
    execution: ExecutionArn


def wait_for(
    bucket: Bucket, sagemaker: SageMakerClient, stepfunctions: SFNClient, callback: Callback
) -> Waiting:
    """Write the token for the job's event; answer at once if the job has ended."""
    # The token comes first: an end in between is seen by this call or by the event.
    bucket.put_json(keys.callback(callback.name), callback.model_dump())
    state = describe(sagemaker, callback.name, callback.kind)
    if state is None:
        # It was started a moment ago, and SageMaker's answers may lag behind.
        raise TransientAwsError(f"SageMaker has no job {callback.name} yet, or not any more")
    if state.outcome is None:
        return "waiting"
    return _finish(bucket, sagemaker, stepfunctions, callback, state)


def resume(
    bucket: Bucket, sagemaker: SageMakerClient, stepfunctions: SFNClient, name: str
) -> Resumption:
    """Resume the execution that waits for a job, if SageMaker says that the job has ended."""
    kind = kind_of(name)
    if kind is None:
        return "not ours"
    for _ in range(_ROUNDS):
        callback = find_callback(bucket, name)
        if callback is None:
            return "nobody waits"  # the next AwaitJob, if there is one, will see the end by itself
        add_run_keys(dataset=callback.dataset, run_id=callback.run_id, execution=callback.execution)
        state = describe(sagemaker, name, kind)
        if state is None:
            return "not ours"
        if state.outcome is None:
            return "goes on"
        finish = _finish(bucket, sagemaker, stepfunctions, callback, state)
        if finish != "superseded":
            return finish
    raise TransientAwsError(f"The task token of {name} kept changing")


def find_callback(bucket: Bucket, name: str) -> Callback | None:
    """Return the callback of a job; None if no execution waits for it.

    Raises
    ------
    UnreadableState
        If AwaitJob cannot have written what is there.
    """
    key = keys.callback(name)
    callback = bucket.find_record(key, Callback)
    if callback is not None and callback.name != name:
        raise UnreadableState(bucket.name, key, f"it is about {callback.name}")
    return callback


def forget(bucket: Bucket, callback: Callback) -> bool:
    """Delete a used or stale callback; return False if a newer one replaced it.

    A newer one that is written between both calls is no loss: its AwaitJob describes the job
    afterwards, and the job has ended.
    """
    current = find_callback(bucket, callback.name)
    if current is not None and current.token != callback.token:
        return False
    if current is not None:
        bucket.delete(keys.callback(callback.name))
    return True


def _finish(
    bucket: Bucket,
    sagemaker: SageMakerClient,
    stepfunctions: SFNClient,
    callback: Callback,
    state: JobState,
) -> Finish:
    """Record the end, resume the execution, delete the callback."""
    result = record_end(bucket, sagemaker, callback, state)
    reason = _retry_reason(bucket, callback, result)
    try:
        with translated():
            if reason:
                logger.info("%s is not finished: %s", callback.name, reason)
                stepfunctions.send_task_failure(
                    taskToken=callback.token, error=NEXT_ATTEMPT, cause=reason
                )
            else:
                answer = json.dumps({**callback.item(), "status": state.outcome})
                stepfunctions.send_task_success(taskToken=callback.token, output=answer)
    except ClientError as error:
        if code_of(error) not in _STALE:
            raise
        logger.info("The task token of %s is stale: %s", callback.name, code_of(error))
        return "stale" if forget(bucket, callback) else "superseded"
    forget(bucket, callback)
    return "resumed"


def _retry_reason(bucket: Bucket, callback: Callback, result: JobResult) -> str:
    """Return why another attempt follows this one; "" if none does."""
    if result.cause is None:
        return ""
    plan = bucket.get_record(keys.plan(callback.dataset, callback.run_id), Plan)
    attempts = read_attempts(bucket, callback)
    # Those up to this one: StartJob may have asked for the next one since.
    until = next((i for i, attempt in enumerate(attempts) if attempt.name == callback.name), -1)
    ended = attempts[: until + 1]
    if not ended or settings_after(plan, callback, ended) is None:
        return ""
    return f"on {ended[-1].settings.instance}: {CAUSE_TEXT[result.cause]}"
