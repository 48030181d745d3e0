"""Which failed runs can be resumed: Admit asks before it starts the new run.

The new run takes over the plan, the inputs and the finished tuning jobs of the failed one. What
training jobs found is kept by SageMaker: of all that expires in the bucket, only inputs are needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunedrop import keys
from tunedrop.errors import RunNotFoundError, UnreadableState, UserInputError
from tunedrop.objects import ObjectNotFound
from tunedrop.storage import Bucket
from tunedrop_common.data_text import quote
from tunedrop_common.plan import ChannelFiles, Plan

_RUNS_SHOWN = 5
_DROP_AGAIN = "Drop the dataset again, or start a run of it as it is: tunedrop run {dataset}"


def resumable(bucket: Bucket, dataset: str, run_id: str) -> Plan:
    """Return the plan of a failed run whose inputs are all there.

    Raises
    ------
    UserInputError
        When there is no such run, when it has not failed, or when it left nothing to go on from.
    """
    if not bucket.exists(keys.run_file(dataset, run_id, "run.json")):
        raise _no_such_run(bucket, dataset, run_id)
    _check_that_it_failed(bucket, dataset, run_id)
    plan = _plan(bucket, dataset, run_id)
    for part in filter(None, (plan.data.train, plan.data.test)):
        _check_inputs(bucket, plan, part)
    return plan


def _no_such_run(bucket: Bucket, dataset: str, run_id: str) -> RunNotFoundError:
    newest = sorted(bucket.list_folders(keys.runs_of(dataset)), reverse=True)[:_RUNS_SHOWN]
    return RunNotFoundError(
        "There is no such run",
        found=quote(f"{dataset}/{run_id}", 200),
        expected=f"one of {', '.join(f'{dataset}/{each}' for each in newest)}"
        if newest
        else '"<dataset>/<run id>", such as "iris/20261123T225242Z-1a2b3c4d"',
        to_do="List the runs: tunedrop runs",
    )


def _check_that_it_failed(bucket: Bucket, dataset: str, run_id: str) -> None:
    if bucket.exists(keys.run_file(dataset, run_id, "report.html")):
        raise UserInputError(
            "The run has a report, so there is nothing to resume",
            where=f"{dataset}/{run_id}",
            to_do=f"Start a new run instead: tunedrop run {dataset}",
        )
    if not bucket.exists(keys.run_file(dataset, run_id, "failure.json")):
        raise UserInputError(
            "The run is under way: it has neither a report nor a failure",
            where=f"{dataset}/{run_id}",
            to_do=f"Wait for its end, or stop it first: tunedrop stop {dataset}/{run_id}",
        )


def _plan(bucket: Bucket, dataset: str, run_id: str) -> Plan:
    key = keys.plan(dataset, run_id)
    try:
        return bucket.get_record(key, Plan)
    except (ObjectNotFound, UnreadableState) as error:
        raise UserInputError(
            "The run has no plan that this release reads, so there is nothing to go on from",
            where=key,
            to_do=_DROP_AGAIN.format(dataset=dataset),
        ) from error


def _check_inputs(bucket: Bucket, plan: Plan, part: ChannelFiles) -> None:
    missing = next(_missing(bucket, part), None)
    if missing is None:
        return
    raise UserInputError(
        f"The run's inputs have {'expired' if part.copied else 'changed'}",
        where=missing,
        expected="every file that the failed run's jobs read, as it was then",
        to_do=_DROP_AGAIN.format(dataset=plan.dataset),
    )


def _missing(bucket: Bucket, part: ChannelFiles) -> Iterator[str]:
    """Yield the keys that a channel would not deliver any more as the plan describes them."""
    prefix = part.uri.removeprefix(f"s3://{bucket.name}/")
    if part.copied:
        there = set(bucket.list_keys(prefix))
        yield from (prefix + file for file in part.files if prefix + file not in there)
    else:
        newest = {each.key: each.version_id for each in bucket.list_newest_versions(prefix)}
        yield from (key for key, version in part.versions.items() if newest.get(key) != version)
