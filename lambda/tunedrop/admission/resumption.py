"""The check whether a failed run can be resumed, before the new run starts.

The new run uses the plan, the inputs and the finished tuning jobs of the failed one. SageMaker
keeps the results of training jobs; of what expires in the bucket, only the inputs are needed.
"""

from __future__ import annotations

from tunedrop import keys
from tunedrop.errors import RunNotFoundError, UnreadableState, UserInputError
from tunedrop.objects import ObjectNotFound
from tunedrop.run_record import RunFolder, end_of
from tunedrop.storage import Bucket
from tunedrop_common.data_text import quote
from tunedrop_common.plan import ChannelFiles, Plan

_DROP_AGAIN = "Drop the dataset again, or start a run of its current files: tunedrop run {dataset}"


def check_resumable(bucket: Bucket, dataset: str, run_id: str) -> None:
    """Check that a run has failed, and that its plan and its inputs exist.

    Raises
    ------
    UserInputError
        If the run does not exist, has not failed, or left no plan or inputs.
    """
    if not bucket.exists(keys.run_file(dataset, run_id, "run.json")):
        raise RunNotFoundError(
            "The run does not exist",
            found=quote(f"{dataset}/{run_id}", 200),
            expected='"<dataset>/<run id>", such as "iris/20261123T225242Z-1a2b3c4d"',
            to_do="List the runs: tunedrop runs",
        )
    end = end_of(bucket, RunFolder(dataset, run_id))
    if end != "failure.json":
        raise UserInputError(
            "Only a failed run can be resumed",
            where=f"{dataset}/{run_id}",
            found="a run that has a report" if end else "an active run",
            to_do=f"Stop it first (tunedrop stop), or start a new run: tunedrop run {dataset}",
        )
    plan = _plan(bucket, dataset, run_id)
    for files in filter(None, (plan.data.train, plan.data.test)):
        _check_inputs(bucket, plan, files)


def _plan(bucket: Bucket, dataset: str, run_id: str) -> Plan:
    key = keys.plan(dataset, run_id)
    try:
        return bucket.get_record(key, Plan)
    except (ObjectNotFound, UnreadableState) as error:
        raise UserInputError(
            "The run has no plan that this release can read",
            where=key,
            to_do=_DROP_AGAIN.format(dataset=dataset),
        ) from error


def _check_inputs(bucket: Bucket, plan: Plan, files: ChannelFiles) -> None:
    prefix = files.uri.removeprefix(f"s3://{bucket.name}/")
    existing = set(bucket.list_keys(prefix))
    missing = next((prefix + name for name in files.files if prefix + name not in existing), None)
    if missing is None:
        return
    raise UserInputError(
        "The run's inputs have expired",
        where=missing,
        expected="every file that the failed run's jobs read",
        to_do=_DROP_AGAIN.format(dataset=plan.dataset),
    )
